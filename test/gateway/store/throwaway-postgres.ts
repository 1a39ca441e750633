import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { descendantsOf } from '../../support/descendants.ts'

/** A PostgreSQL server of its own on a Unix socket. */
export interface ThrowawayPostgres {
  readonly url: string
  start (): void
  /** To the server and all that it started: stopped, it takes connections and answers nothing. */
  signal (name: 'SIGSTOP' | 'SIGCONT'): void
  stop (): void
  remove (): void
}

const INSTALLED = '/usr/lib/postgresql'

/**
 * Starts a fresh cluster; @returns why not, where PostgreSQL is not installed. Root runs it as `postgres`, which refuses root. Only one that is
 * `durable` waits for the disk, which a test need not.
 */
export function startPostgres ({ durable = false }: { readonly durable?: boolean } = {}): ThrowawayPostgres | string {
  const version = existsSync(INSTALLED) ? readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))[0] : undefined
  if (version === undefined) return `no PostgreSQL in ${INSTALLED}`
  const bin = join(INSTALLED, version, 'bin')
  const dir = mkdtempSync(join(tmpdir(), 'weir-pg-'))
  const asRoot = process.getuid?.() === 0
  if (asRoot) chownSync(dir, idOf('-u'), idOf('-g'))

  function run (program: string, ...args: string[]): void {
    const command = [join(bin, program), ...args]
    const [file = '', ...rest] = asRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command] : command
    const { status, stderr, stdout } = spawnSync(file, rest, { encoding: 'utf8', cwd: dir, stdio: ['ignore', program === 'initdb' ? 'pipe' : 'ignore', program === 'initdb' ? 'pipe' : 'ignore'] })
    if (status !== 0) throw new Error(`${program} failed: ${stderr ?? ''}${stdout ?? ''}`)
  }

  const data = join(dir, 'data')
  run('initdb', '-D', data, '-U', 'weir', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C')
  const server = {
    url: `postgresql:///postgres?host=${encodeURIComponent(dir)}&user=weir`,
    start () { run('pg_ctl', '-D', data, '-w', '-l', join(dir, 'log'), '-o', `-k ${dir} -c listen_addresses= -c fsync=${durable ? 'on' : 'off'}`, 'start') },
    signal (name: 'SIGSTOP' | 'SIGCONT') {
      const [pid = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
      for (const each of [pid, ...descendantsOf(pid).map((one) => one.pid)]) process.kill(Number(each), name)
    },
    stop () { run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop') },
    remove () {
      server.stop()
      rmSync(dir, { recursive: true })
    },
  }
  server.start()
  return server
}

function idOf (flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
}
