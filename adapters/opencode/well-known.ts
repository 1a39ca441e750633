import { askForEverything, type AgentProvider } from './agent-config.ts'

export interface WellKnownOptions {
  /** Origin under which clients reach the gateway, without a slash at its end. */
  readonly publicUrl: string
  readonly providers: Readonly<Record<string, AgentProvider>>
}

/** Name of the variable in which OpenCode keeps the token that `weir login` printed. */
const TOKEN_VARIABLE = 'WEIR_TOKEN'

/**
 * The document at `/.well-known/opencode`: configures an OpenCode that runs on a developer's own machine to use the model
 * plane with the developer's token. Public, so it holds nothing secret.
 */
export function wellKnown ({ publicUrl, providers }: WellKnownOptions): Readonly<Record<string, unknown>> {
  const provider = Object.fromEntries(Object.entries(providers).map(([id, { name, models }]) => [id, {
    npm: '@ai-sdk/openai-compatible',
    name: name ?? id,
    options: { baseURL: `${publicUrl}/weir/model/${id}/v1`, apiKey: `{env:${TOKEN_VARIABLE}}` },
    models: Object.fromEntries(Object.entries(models).map(([model, known]) => [model, { name: known.name ?? model, tool_call: true }])),
  }]))
  return {
    auth: { command: ['weir', 'login', publicUrl, '--print'], env: TOKEN_VARIABLE },
    config: { provider, enabled_providers: Object.keys(providers), permission: askForEverything(), share: 'disabled' },
  }
}
