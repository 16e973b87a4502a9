'use strict';
// Writes the trace of a scenario: one JSON line on stdout for each call of trace().
// conformance_trace.py writes the same lines from Python; keep the two in step.

const fs = require('node:fs');

const PORT_KEYS = new Set(['port', 'localPort', 'remotePort']);
const ERROR_KEYS = ['syscall', 'address', 'port', 'hostname'];
const STDOUT = 1;

const labels = new Map();

/** Give a port number a name, so that traces do not depend on which port the kernel picked. */
function portLabel(port) {
  return labels.get(port) ?? newPort(port);
}

let named = 0;

/** Give a port a new name, even if the kernel picked a number that has had one before. */
function newPort(port) {
  named += 1;
  labels.set(port, named === 1 ? 'PORT' : `PORT${named}`);
  return labels.get(port);
}

function withoutPorts(text) {
  return text.replace(/:([0-9]+)/g, (found, digits) => {
    const label = labels.get(Number(digits));
    return label === undefined ? found : `:${label}`;
  });
}

function encodeNumber(value, mayBePort) {
  if (mayBePort && labels.has(value)) {
    return labels.get(value);
  }
  return Number.isFinite(value) ? value : { number: String(value) };
}

function encodeError(error) {
  const { code } = error;
  const fields = { message: withoutPorts(String(error.message)) };
  if (code !== undefined && code !== null) {
    fields.code = encode(code, false);
  }
  if (typeof code === 'string' && code.startsWith('ERR_')) {
    if (error instanceof TypeError) {
      fields.kind = 'TypeError';
    } else if (error instanceof RangeError) {
      fields.kind = 'RangeError';
    }
  }
  for (const key of ERROR_KEYS) {
    if (error[key] !== undefined && error[key] !== null) {
      fields[key] = encode(error[key], PORT_KEYS.has(key));
    }
  }
  return { error: fields };
}

function encodeObject(value) {
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { bytes: bytes.toString('latin1') };
  }
  if (Array.isArray(value)) {
    return encodeList(value);
  }
  if (value instanceof Error) {
    return encodeError(value);
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    return { object: value.constructor.name };
  }
  const fields = {};
  for (const key of Object.keys(value).sort()) {
    if (value[key] !== undefined) {
      fields[key] = encode(value[key], PORT_KEYS.has(key));
    }
  }
  return fields;
}

/** The form of one value that both languages share; mayBePort: whether a number may be a port. */
function encode(value, mayBePort) {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
    case 'bigint':
      return encodeNumber(Number(value), mayBePort);
    case 'string':
      return withoutPorts(value);
    case 'function':
      return { function: true };
    case 'symbol':
      return { symbol: true };
    default:
      return value === null ? null : encodeObject(value);
  }
}

function encodeList(values) {
  return values.filter((value) => value !== undefined).map((value) => encode(value, true));
}

/** What trace() would write now, while the ports have the names that they have. */
function line(label, ...args) {
  return JSON.stringify({ args: encodeList(args), event: label });
}

/** Write one line; it is on its way before this returns, whatever the process does next. */
function write(text) {
  const bytes = Buffer.from(`${text}\n`);
  for (let sent = 0; sent < bytes.length;) {
    sent += fs.writeSync(STDOUT, bytes, sent);
  }
}

/** Say what happened just now. */
function trace(label, ...args) {
  write(line(label, ...args));
}

module.exports = { line, newPort, portLabel, trace, write };
