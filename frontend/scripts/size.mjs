// Fails when the JavaScript of the first page, before login, weighs more than 200 kB compressed.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const LIMIT = 200_000;
const manifest = JSON.parse(await readFile('dist/.vite/manifest.json', 'utf8'));

/** The entry, the pages a visitor without login sees, and all they import statically. */
const roots = Object.keys(manifest).filter(
  (key) => manifest[key].isEntry || /features\/auth\/(Landing|Login|Signup)Page\.tsx$/.test(key),
);
const files = new Set(['scheme.js']);
const visit = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const dependency of chunk.imports ?? []) visit(dependency);
};
roots.forEach(visit);

let total = 0;
for (const file of files) {
  if (!file.endsWith('.js')) continue;
  const size = gzipSync(await readFile(`dist/${file}`), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1000).toFixed(1).padStart(8)} kB  ${file}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB  in all, of ${LIMIT / 1000} kB allowed`);
if (total > LIMIT) process.exit(1);
