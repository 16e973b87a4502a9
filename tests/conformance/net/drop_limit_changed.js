// The limit can be raised and lowered any time; what is open stays, what was refused never counts.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const accepted = [];
const server = net.createServer((socket) => {
  accepted.push(socket);
  socket.resume();
  socket.write('in');
});
server.maxConnections = 1;
server.on('drop', () => serving.note('drop'));
server.on('close', () => serving.note('close'));

// Each step connects, and goes on when the client knows whether it is in.
const step = (port, limit, then) => {
  server.maxConnections = limit;
  const client = net.connect(port, '127.0.0.1');
  let told = false;
  const tell = (what) => {
    if (told) {
      return;
    }
    told = true;
    server.getConnections((err, count) => {
      serving.note(`limit ${limit}`, what, err, count, accepted.length);
      then(client);
    });
  };
  client.on('data', () => tell('in'));
  client.on('close', () => tell('refused'));
};

listenLocally(server, (port) => {
  step(port, 1, (first) => {
    step(port, 1, () => {
      step(port, 3, (second) => {
        step(port, 1, () => {
          step(port, 2, () => {
            step(port, null, (third) => {
              // One place gets free.
              accepted[0].on('close', () => {
                step(port, 2, () => {
                  step(port, 3, (fourth) => {
                    server.close();
                    for (const client of [second, third, fourth]) {
                      client.end();
                    }
                  });
                });
              });
              first.end();
            });
          });
        });
      });
    });
  });
});
