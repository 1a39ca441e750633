// Brings a bare clone to a state in which Weir runs: packages, build, and the Debian packages that are missing.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const BUILD_FOLDERS = ['gateway', 'adapters', 'sandbox', 'bench', 'test', 'examples']

/** Installs the locked packages when `node_modules` is absent or older than the lockfile. */
export function installPackages () {
  // Packages that several checkouts share by a link are not this one's to replace.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true) return
  const wanted = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).update(process.version).digest('hex')
  const stamp = join(root, 'node_modules', '.weir-lock')
  if (readIfThere(stamp) === wanted) return
  say('installing packages')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}

/** Compiles TypeScript when a source is newer than the last build. Sizes and times are compared: a second start reads no file. */
export async function build () {
  const wanted = createHash('sha256')
  for (const folder of BUILD_FOLDERS) describeSources(join(root, folder), wanted)
  wanted.update(readFileSync(join(root, 'tsconfig.json')))
  const digest = wanted.digest('hex')
  const stamp = join(root, 'dist', '.built')
  if (readIfThere(stamp) === digest) return
  say('compiling')
  rmSync(join(root, 'dist'), { recursive: true, force: true }) // a renamed test must not live on in the build
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root])
  const { buildConsole } = await import('./build-console.mjs')
  await buildConsole(root)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
}

/** Makes the image of an empty database that stores begin as, beside what the caller does meanwhile. Resolves when it is there. */
export async function storeImage () {
  const script = 'import("./dist/gateway/store/make-pglite-image.js").then((module) => module.makePgliteImage())'
  const child = spawn(process.execPath, ['-e', script], { cwd: root, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exit(1)
}

/**
 * Makes sure that programs from Debian packages are there. Installs them when it may (root, apt-get), else says in one
 * line what to install.
 *
 * @param {Record<string, string>} programs path-or-name of a program → the Debian package that brings it
 */
export function needPrograms (programs, { required }) {
  const missing = [...new Set(Object.entries(programs).filter(([program]) => !isInstalled(program)).map(([, name]) => name))]
  if (missing.length === 0) return true
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    say(`installing ${missing.join(', ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env })
    const result = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { stdio: ['ignore', 'ignore', 'inherit'], env })
    if (result.status === 0) return true
  }
  process.stderr.write(`weir: please install: sudo apt-get install ${missing.join(' ')}\n`)
  if (required) process.exit(1)
  return false
}

export function run (command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

/** Runs a program beside what the caller does meanwhile. @returns its exit code; 1 when a signal ended it */
export async function runBeside (command, args) {
  const [code] = await once(spawn(command, args, { cwd: root, stdio: 'inherit' }), 'exit')
  return code ?? 1
}

function describeSources (folder, digest) {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) describeSources(path, digest)
    else if (/\.(tsx?|css|html)$/.test(entry.name)) {
      const { mtimeMs, size } = statSync(path)
      digest.update(`${path}\0${mtimeMs}\0${size}\n`)
    }
  }
}

function isInstalled (program) {
  if (program.includes('/')) return existsSync(program)
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program))) ||
    existsSync(`/usr/sbin/${program}`)
}

function readIfThere (file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

function say (text) {
  process.stderr.write(`weir: ${text} …\n`)
}
