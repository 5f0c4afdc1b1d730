// SPDX-License-Identifier: MIT
// Native memory of Node.js: buffers, zlib, crypto, worker threads, a child process.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib');
const crypto = require('crypto');
const { execFileSync } = require('child_process');

function work(seed) {
    const rows = [];
    for (let i = 0; i < 20000; i++)
        rows.push({ key: (i * seed) % 1009, text: 'x'.repeat(i % 20) });
    const packed = zlib.deflateSync(Buffer.from(JSON.stringify(rows)));
    const hash = crypto.createHash('sha256').update(zlib.inflateSync(packed)).digest('hex');
    return hash.slice(0, 16);
}

if (!isMainThread) {
    parentPort.postMessage(work(workerData));
} else {
    console.log('main', work(3));
    const results = [5, 7, 11].map((seed) => new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: seed });
        worker.on('message', resolve);
        worker.on('error', reject);
    }));
    Promise.all(results).then((all) => {
        console.log('workers', all.join(' '));
        console.log('child', execFileSync('echo', ['hello']).toString().trim());
    });
}
