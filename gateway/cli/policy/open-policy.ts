import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { GatewayError } from '../../core/errors.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import { packageRoot } from '../../package-root.ts'
import { openPolicyEngine, type PolicyEngine } from '../../policy/engine.ts'
import { findOpa } from '../../policy/opa-binary.ts'
import type { Io } from '../io.ts'

/** Compiles a policy folder for one command. Nothing is kept: an author's try leaves no bundle behind. */
export async function withEngine (io: Io, dir: string | undefined, use: (engine: PolicyEngine) => void | Promise<void>): Promise<void> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-policy-cache-'))
  try {
    await use(await openPolicyEngine({ dir: await folderOf(io, dir), opa: await findOpa(io.env), cacheDir, onEvent: () => {} }))
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
}

/** The folder that was named, else `./policies` when it is one of Weir's, else the one that comes with Weir. */
export async function folderOf (io: Io, dir: string | undefined): Promise<string> {
  if (dir !== undefined) return resolve(io.cwd, dir)
  const own = resolve(io.cwd, 'policies')
  return await readFile(join(own, 'weir', 'main', 'main.rego')).then(() => own, () => join(packageRoot(), 'policies'))
}

/**
 * The input document in a file, or on stdin when the file is `-`. A whole decision of the ledger, as `weir audit query
 * --format json` prints it, is taken for the input it decided.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when the file is missing or not JSON
 */
export async function readInput (io: Io, file: string): Promise<PolicyInput> {
  const name = file === '-' ? 'on stdin' : resolve(io.cwd, file)
  let value: unknown
  try {
    value = JSON.parse(await (file === '-' ? text(process.stdin) : readFile(name, 'utf8')))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The input ${name} could not be read as JSON.`, { cause })
  }
  // Rules judge the shape themselves, and deny every other: an author may ask with a broken input on purpose.
  return (isLedgerDecision(value) ? value.input : value) as PolicyInput
}

function isLedgerDecision (value: unknown): value is { readonly input: unknown } {
  return typeof value === 'object' && value !== null && 'input' in value && 'kind' in value && value.kind === 'decision'
}
