import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { Compile } from 'typebox/schema'
import { AUTH_STYLES, MODEL_FORMATS, type AuthStyle, type ModelFormatName } from '../../adapters/model-format.ts'
import { GatewayError } from '../core/errors.ts'
import { Type } from '../core/schema-type.ts'
import { parseStrictJson } from '../decode/strict-json.ts'
import { packageRoot } from '../package-root.ts'

/** What is published about a provider. */
export interface KnownProvider {
  /** Name shown to people. */
  readonly name: string
  readonly format: ModelFormatName
  /** How it takes its key. Default: as the format's own provider does. */
  readonly auth?: AuthStyle
  /** Ends with the version, without a slash at its end. */
  readonly baseUrl: string
  /** Environment variables in which its clients look for a key, in their order; none for a server that needs no key. */
  readonly keyVariables: readonly string[]
}

/** Known providers, by the ids that OpenCode and Models.dev use. */
export type Registry = ReadonlyMap<string, KnownProvider>

const MAX_BYTES = 262_144
const MAX_DEPTH = 4

const closed = { additionalProperties: false }
const RegistrySchema = Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }), Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  format: Type.Union(MODEL_FORMATS.map((name) => Type.Literal(name))),
  auth: Type.Optional(Type.Union(AUTH_STYLES.map((name) => Type.Literal(name)))),
  baseUrl: Type.String({ maxLength: 200, pattern: '^https?://[a-z0-9.:-]+(?:/[A-Za-z0-9._-]+)*$' }),
  keyVariables: Type.Array(Type.String({ pattern: '^[A-Z0-9_]{1,64}$' }), { maxItems: 8 }),
}, closed), closed)

const validator = Compile(RegistrySchema)

/** The registry that comes with the package. */
export function registryFile (): string {
  return join(packageRoot(), 'gateway', 'providers', 'registry.json')
}

/**
 * Reads and checks a registry.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when it is not one, or a provider would get its key over plain HTTP
 */
export function loadRegistry (file: string = registryFile()): Registry {
  let value: unknown
  try {
    value = parseStrictJson(readFileSync(file, 'utf8'), { maxDepth: MAX_DEPTH, maxBytes: MAX_BYTES })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'The registry of model providers cannot be read.', { cause })
  }
  if (!validator.Check(value)) {
    const at = validator.Errors(value)[1].map(({ instancePath }) => instancePath.slice(1).replaceAll('/', '.'))
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The registry of model providers is wrong at: ${[...new Set(at)].slice(0, 5).join(', ')}.`)
  }
  const entries = Object.entries(value)
  for (const [id, provider] of entries) checkAddress(id, provider)
  return new Map(entries)
}

// A key that leaves the machine unencrypted is a key given away; without a key, another machine is no server of one's own.
function checkAddress (id: string, { baseUrl, keyVariables }: KnownProvider): void {
  const { protocol, hostname } = new URL(baseUrl)
  const isOwnMachine = isIP(hostname) === 4 && hostname.startsWith('127.')
  if (keyVariables.length === 0 ? isOwnMachine : protocol === 'https:') return
  throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The registry of model providers has an address for ${id} that is neither https nor a keyless one of this machine.`)
}
