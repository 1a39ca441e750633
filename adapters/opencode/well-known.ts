import { askForEverything, providerConfig, type AgentProvider } from './agent-config.ts'

/** Name of the variable under which OpenCode keeps the caller's token. */
const TOKEN_VARIABLE = 'WEIR_TOKEN'

/** Printed by OpenCode when the login fails; a shell message, so without quotes. */
const NO_TOKEN = `set ${TOKEN_VARIABLE} to the token that weir token issue printed`

export interface WellKnownOptions {
  /** Origin under which clients reach the gateway, without a slash at its end. */
  readonly publicUrl: string
  /** Path of the caller's own part, which takes a token. */
  readonly configPath: string
  /** Whether one can log in by the identity provider. Default: one brings a token. */
  readonly signOn?: boolean
}

/**
 * The document at `/.well-known/opencode`: makes an OpenCode on a developer's own machine use the model plane. OpenCode fetches it
 * without a credential, so it names no provider and no model: those come from `configPath`, asked for with the caller's token.
 */
export function wellKnown ({ publicUrl, configPath, signOn = false }: WellKnownOptions): Readonly<Record<string, unknown>> {
  return {
    auth: { command: signOn ? signOnCommand(publicUrl) : ['sh', '-c', `printf %s "\${${TOKEN_VARIABLE}:?${NO_TOKEN}}"`], env: TOKEN_VARIABLE },
    config: { permission: askForEverything(), share: 'disabled' },
    remote_config: { url: `${publicUrl}${configPath}`, headers: { authorization: `Bearer {env:${TOKEN_VARIABLE}}` } },
  }
}

// A token that is already there wins, as for machines that have no person. The address is an argument, so no character of it is code.
function signOnCommand (publicUrl: string): readonly string[] {
  return ['sh', '-c', `if [ -n "$${TOKEN_VARIABLE}" ]; then printf %s "$${TOKEN_VARIABLE}"; else exec weir login --print -- "$0"; fi`, publicUrl]
}

export interface CallerConfigOptions {
  readonly publicUrl: string
  /** What the caller may ask for. */
  readonly providers: Readonly<Record<string, AgentProvider>>
}

/** A caller's own part: the providers and models it may ask, each through the gateway. Holds no credential. */
export function callerConfig ({ publicUrl, providers }: CallerConfigOptions): Readonly<Record<string, unknown>> {
  const modelBaseUrl = (id: string): string => `${publicUrl}/weir/model/${id}/v1`
  return { config: { ...providerConfig(providers, modelBaseUrl, `{env:${TOKEN_VARIABLE}}`), permission: askForEverything(), share: 'disabled' } }
}
