import { access, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Static } from 'typebox'
import { Check } from 'typebox/schema'
import { ENVIRONMENTS, type Context } from '../../core/actor.ts'
import { sha256 } from '../../core/canonical-json.ts'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import type { Change } from '../../project/change.ts'
import { replaceFile } from '../../files/replace-file.ts'

const APPROVAL_ID = /^[A-Za-z0-9_-]{1,128}$/ // becomes a file name

const SUFFIXES = ['json', 'content', 'json.new', 'content.new'] as const // the record first: without it the content means nothing

const Entry = Type.Object({ mode: Type.Enum(['100644', '100755', '120000', '160000']), id: Type.String({ pattern: '^[0-9a-f]{40,64}$' }) })
const Text = Type.String({ maxLength: 4_096 })
const Held = Type.Object({
  change: Type.Object({ path: Text, next: Type.Union([Entry, Type.Null()]), base: Type.Union([Entry, Type.Null()]), over: Type.Optional(Type.Union([Entry, Type.Null()])) }),
  size: Type.Integer({ minimum: 0 }),
  sessionId: Text,
  context: Type.Object({
    plane: Type.Literal('file'),
    actor: Type.Object({ id: Text, role: Text, groups: Type.Array(Text), org: Text }),
    app: Text,
    environment: Type.Enum([...ENVIRONMENTS]),
    session: Type.Union([Type.Object({ id: Text, client: Text, agent: Text }), Type.Null()]),
  }),
  /** SHA-256 (hex) of the content; null for a deletion. */
  content: Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()]),
})

/** A pending change as it was when policy left it to people. */
export interface HeldRecord {
  readonly change: Change
  readonly size: number
  readonly sessionId: string
  readonly context: Context
}

/** A kept record. `snapshot` is the private file with the content; null for a deletion. */
export interface KeptChange extends HeldRecord { readonly snapshot: string | null }

/** Pending changes on disk, by approval id, so that an approval means something after the session's workspace is gone. */
export interface HeldStore {
  keep (approval: string, record: HeldRecord, snapshot: string | null): Promise<void>
  /** @throws GatewayError WEIR_ERR_PROJECT when what is kept is damaged */
  read (approval: string): Promise<KeptChange | null>
  /** The private file with the content, unread; null when there is none. */
  contentFile (approval: string): Promise<string | null>
  drop (approval: string): Promise<void>
  /** For start-up and now and then: drops what no open approval stands for any more. */
  sweep (isOpen: (approval: string) => boolean): Promise<void>
}

/** Opens the store in a folder of its own (mode 0700). */
export async function openHeldStore (folder: string): Promise<HeldStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const at = (approval: string, suffix: typeof SUFFIXES[number]): string => {
    if (!APPROVAL_ID.test(approval)) throw new GatewayError('WEIR_ERR_PROJECT', 'that is no approval of a change')
    return join(folder, `${approval}.${suffix}`)
  }
  const drop = async (approval: string): Promise<void> => {
    for (const suffix of SUFFIXES) await rm(at(approval, suffix), { force: true })
  }
  return {
    async keep (approval, record, snapshot) {
      const bytes = snapshot === null ? null : await readFile(snapshot)
      if (bytes !== null) await replaceFile(at(approval, 'content'), bytes)
      // The record comes last: one that is there has its content.
      await replaceFile(at(approval, 'json'), Buffer.from(JSON.stringify({ ...record, content: bytes === null ? null : sha256(bytes) })))
    },
    async read (approval) {
      const text = await readFile(at(approval, 'json'), 'utf8').catch(absent)
      if (text === null) return null
      const { content, ...record } = parse(text)
      const snapshot = content === null ? null : at(approval, 'content')
      if (snapshot !== null && sha256(await readFile(snapshot)) !== content) throw damaged()
      return Object.freeze({ ...record, snapshot })
    },
    async contentFile (approval) {
      const file = at(approval, 'content')
      return await access(file).then(() => file, () => null)
    },
    drop,
    async sweep (isOpen) {
      const names = (await readdir(folder)).map((name) => name.split('.')[0] ?? '')
      for (const approval of new Set(names)) {
        if (!isOpen(approval)) await drop(approval)
      }
    },
  }
}

function parse (text: string): Static<typeof Held> {
  try {
    const value: unknown = JSON.parse(text)
    if (Check(Held, value)) return value
  } catch (cause) {
    throw damaged(cause)
  }
  throw damaged()
}

function absent (error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw new GatewayError('WEIR_ERR_PROJECT', 'a held change could not be read', { cause: error })
}

function damaged (cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_PROJECT', 'a held change is damaged on disk', cause === undefined ? {} : { cause })
}
