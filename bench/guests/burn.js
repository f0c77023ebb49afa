// The CPU loop of an interpreter's guest: what scripts do when they compute, in one round of a few milliseconds.

class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
  dot(other) {
    return this.x * other.x + this.y * other.y;
  }
}

function numbers(seed) {
  let state = seed | 1;
  let sum = 0;
  for (let i = 0; i < 6000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    sum = (sum + (state >>> 16)) | 0;
  }
  return sum;
}

function objects(seed) {
  const points = [];
  for (let i = 0; i < 300; i++) points.push(new Point(i ^ seed, i + 1));
  let sum = 0;
  for (let i = 1; i < points.length; i++) sum = (sum + points[i].dot(points[i - 1])) | 0;
  return sum;
}

function words(seed) {
  const counts = new Map();
  for (let i = 0; i < 400; i++) {
    const word = `word-${(i * 7919 + seed) % 97}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).reduce((sum, [word, count]) => (sum * 31 + word.length * count) | 0, 0);
}

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export const burn = {
  handle(request) {
    const rounds = new DataView(request.buffer, request.byteOffset).getInt32(0, true);
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      sum = (Math.imul(sum, 31) + numbers(round) + objects(round) + words(round) + fib(14)) | 0;
    }
    const answer = new Uint8Array(4);
    new DataView(answer.buffer).setInt32(0, sum, true);
    return answer;
  },
};
