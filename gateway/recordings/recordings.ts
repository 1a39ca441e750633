import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { eventBody } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import { createSecretRules, type FindSecrets } from '../outgoing/secret-rules.ts'
import { createRecordingFile } from './recording-file.ts'
import { createRecording, type Recording, type TerminalSize } from './recording.ts'
import { recordingPath, RECORDING_OPENED, RECORDING_CLOSED, recordingsDirOf } from './recording-place.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567' // RFC 4648 base32, lower case
const ID_CHARS = 26
// OpenCode opens terminals in this size; clients tell another over a route of its own.
const SIZE: TerminalSize = { width: 80, height: 24 }

export interface RecordedTerminal {
  readonly context: Context
  /** The terminal's name at the agent. */
  readonly terminal: string
  readonly request: string
  /** Its size at its start, when a client has told. Default: 80 by 24. */
  readonly size?: TerminalSize
  /** What must not be in the file beside the secrets that are known by their look. */
  readonly secrets: readonly string[]
}

/** Where terminals are recorded. */
export interface Recordings {
  /** Whether what is typed is recorded beside what is shown. */
  readonly input: boolean
  /** Begins a recording; the ledger knows of it before this resolves. @throws GatewayError WEIR_ERR_LEDGER_APPEND: then no terminal may open */
  open (terminal: RecordedTerminal): Promise<Recording>
  /** Whether this recording is still written. */
  isOpen (id: string): boolean
}

export interface RecordingsOptions {
  readonly dataDir: string
  readonly input: boolean
  /** Size at which a terminal is ended, bytes. */
  readonly maxBytes: number
  readonly ledger: Pick<Ledger, 'append'>
  /** The keys of providers that this gateway holds. */
  readonly keys: () => readonly string[]
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

export function createRecordings (options: RecordingsOptions): Recordings {
  const { dataDir, ledger, keys, input, maxBytes, nowMs, onWarning } = options
  const dir = recordingsDirOf(dataDir)
  const findSecrets = createSecretRules()
  const writing = new Set<string>()

  return {
    input,
    isOpen: (id) => writing.has(id),
    async open ({ context, terminal, request, secrets, size = SIZE }) {
      const id = newRecordingId()
      const of = { recording: id, terminal, request }
      const file = await newFile(dir, id)
      // The file's name is in the ledger before anything is in the file.
      const opened = await ledger.append(eventBody(RECORDING_OPENED, context, { ...of, input }))
      writing.add(id)
      const { actor, app, environment, session } = context
      return await createRecording({
        id,
        file,
        header: { ...size, timestamp: Math.floor(nowMs() / 1_000), title: terminal, weir: { actor: actor.id, role: actor.role, groups: actor.groups, org: actor.org, app, environment, session: session?.id ?? null, request } },
        finders: [finderOf(() => [...secrets, ...keys()]), findSecrets],
        maxBytes,
        nowMs,
        onClosed: async (written) => {
          writing.delete(id)
          await ledger.append(eventBody(RECORDING_CLOSED, context, { ...of, opened, ...written }))
            .catch((cause: unknown) => onWarning('the end of a terminal could not be recorded', cause))
        },
      })
    },
  }
}

async function newFile (dir: string, id: string): ReturnType<typeof createRecordingFile> {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return await createRecordingFile(recordingPath(dir, id))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_LEDGER_APPEND', 'The terminal cannot be recorded, so it is not opened.', { cause })
  }
}

function newRecordingId (): string {
  return `rec_${[...randomBytes(ID_CHARS)].map((byte) => ALPHABET.charAt(byte & 31)).join('')}`
}

function finderOf (secrets: () => readonly string[]): FindSecrets {
  return (text) => secrets().flatMap((secret) => {
    const spans = []
    for (let at = secret.length < 8 ? -1 : text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) spans.push({ start: at, end: at + secret.length, rule: 'known' })
    return spans
  })
}
