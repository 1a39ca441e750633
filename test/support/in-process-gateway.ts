import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { loadConfig } from '../../gateway/config-file.ts'
import type { Config } from '../../gateway/config.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir, writeConfig } from './gateway-process.ts'
import { ledgerOf } from './ledger-of.ts'
import { checkRecordedShapes } from './recorded-shape.ts'

export interface InProcessGateway {
  readonly url: string
  readonly dir: string
  readonly dataDir: string
  /** A token of that role for the app `shop` of `acme` in DEV. */
  tokenFor (role: string, actor?: string): string
  /** Ends it before the test does. */
  close (): Promise<void>
}

export interface InProcessOptions {
  /** What `weir.yaml` says beside the data directory. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Data sections in place of the shipped ones; the other sections and the rules are as shipped. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Where it logs. Default: nowhere. */
  readonly log?: Logger
  /** Variables beside those of the test. */
  readonly env?: NodeJS.ProcessEnv
  /** Done with the configuration before the gateway opens, for example to fill its vault. */
  readonly before?: (config: Config, env: NodeJS.ProcessEnv) => Promise<unknown>
}

interface Teardown { teardown (cleanUp: () => unknown): void }

/** A real gateway on a real socket in the test's own process, closed with the test and before what was opened earlier. */
export async function openInProcessGateway (t: Teardown, { settings = {}, data, log = pino({ level: 'silent' }), env: own = {}, before }: InProcessOptions): Promise<InProcessGateway> {
  const dir = shortDir(t)
  const policies = data === undefined ? {} : { policies: policiesWith(dir, data) }
  const config = loadConfig({ config: writeConfig(dir, { dataDir: 'data', ...policies, ...settings }), port: 0 }, own, dir)
  mkdirSync(config.dataDir, { recursive: true })
  const env = { ...process.env, ...own }
  await before?.(config, env)
  const found = existsSync(journalDirOf(config.dataDir)) ? (await ledgerOf(config.dataDir)).at(-1)?.index ?? -1 : -1
  const identity = openIdentity(config.dataDir, Date.now)
  const gateway = await openGateway({ config, identity, log, env })
  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => await (closing ??= gateway.close())
  t.teardown(async () => {
    await close()
    await checkRecordedShapes(config.dataDir, found)
  })
  return {
    url: await gateway.listen(),
    dir,
    dataDir: config.dataDir,
    tokenFor: (role, actor = `${role}@acme.test`) => identity.provider.issue({ actor, role, groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 }).token,
    close,
  }
}

function policiesWith (dir: string, data: Readonly<Record<string, unknown>>): string {
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  for (const [section, value] of Object.entries(data)) {
    mkdirSync(join(policies, 'weir/data', section), { recursive: true })
    writeFileSync(join(policies, 'weir/data', section, 'data.json'), JSON.stringify(value))
  }
  return policies
}
