// A worker thread, sockets, a child and files, as Node does them.
const { execFileSync } = require('child_process');
const fs = require('fs');
const net = require('net');
const { Worker } = require('worker_threads');

function child() {
  try {
    execFileSync('sh', ['-c', 'exit 7']);
    return 0;
  } catch (failure) {
    return failure.status;
  }
}

function file() {
  const directory = fs.mkdtempSync('kind-');
  fs.writeFileSync(directory + '/file', 'line\n');
  const length = fs.readFileSync(directory + '/file').length;
  fs.rmSync(directory, { recursive: true });
  return length;
}

function trespass() {
  try {
    fs.symlinkSync('nowhere', 'trespassed');
    return true;
  } catch (failure) {
    return failure.code;
  }
}

const worker = new Worker("require('worker_threads').parentPort.postMessage(4)", { eval: true });
worker.on('message', (count) => {
  const server = net.createServer((there) => there.end('x')).listen(0, '127.0.0.1', () => {
    net.connect(server.address().port, '127.0.0.1').on('data', (data) => {
      console.log(`threads=${count} child=${child()} talk=${data[0]} file=${file()}`);
      if (process.argv.length > 2) console.log(`trespass=${trespass()}`);
      process.exit(7);
    });
  });
});
