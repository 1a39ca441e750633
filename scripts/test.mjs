// `npm test`: from a bare clone to a tested one. Arguments are test files, as in test/…; none means all.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, installPackages, needPrograms, root, runBeside, storeImage } from './set-up.mjs'

const postgres = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql')[0] : undefined

installPackages()
needPrograms({ bwrap: 'bubblewrap', git: 'git', rg: 'ripgrep', nsenter: 'util-linux', tmux: 'tmux', chromium: 'chromium', podman: 'podman', crun: 'crun', conmon: 'conmon', jq: 'jq', curl: 'curl', nvim: 'neovim', strace: 'strace' }, { required: true })
needPrograms({ [`/usr/lib/postgresql/${postgres ?? 'any'}/bin/initdb`]: 'postgresql', 'redis-server': 'redis-server' }, { required: false })
await build()
const image = storeImage()

const named = process.argv.slice(2).map((file) => join('dist', file.replace(/\.ts$/, '.js')))
// Beside the tests: alone it would keep one processor busy and the other waiting.
const lint = named.length === 0 ? runBeside('npx', ['eslint', '.', '--max-warnings=0']) : 0
await image
const tested = runBeside(process.execPath, [join('scripts', 'run-tests.mjs'), ...(named.length === 0 ? longestFirst(testFiles(join('dist', 'test'))) : named)])
// Said last, since of a long log that is kept in part only the end is sure to be there.
const results = { tests: await tested, lint: await lint }
for (const [step, code] of Object.entries(results)) if (code !== 0) process.stdout.write(`FAILED: ${step} (exit code ${code})\n`)
process.exitCode = Object.values(results).find((code) => code !== 0) ?? 0

// The files that take a minute are in these folders: begun last, one of them would run alone at the end.
function longestFirst (files) {
  const isLong = (file) => ['e2e', 'docs', 'policies'].some((folder) => file.startsWith(join('dist', 'test', folder)))
  return [...files.filter(isLong), ...files.filter((file) => !isLong(file))]
}

function testFiles (folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return testFiles(path)
    return entry.name.endsWith('.test.js') ? [path] : []
  })
}
