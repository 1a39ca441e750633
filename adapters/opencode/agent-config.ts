import type { ModelFormatName } from '../model-format.ts'

/** One provider as the agent shall see it: its own models, reached through the gateway's model plane. */
export interface AgentProvider { readonly format: ModelFormatName, readonly name?: string, readonly models: Readonly<Record<string, { readonly name?: string }>> }

export interface AgentConfigOptions {
  /** Base URL of the model plane for a provider as seen from inside the sandbox, ending with the version: before `/chat/completions`, `/messages` or `/models/…`. */
  readonly modelBaseUrl: (provider: string) => string
  /** The session's virtual credential; worthless outside its own sandbox. */
  readonly modelToken: string
  readonly providers: Readonly<Record<string, AgentProvider>>
  /** Absolute path of Weir's shell wrapper inside the sandbox; OpenCode chooses its flags by the base name, e.g. `bash`. */
  readonly shell: string
  /** `provider/model`. Default: the first model of the first provider. */
  readonly defaultModel?: string
}

/**
 * OpenCode's managed configuration (`/etc/opencode/opencode.json`), which outranks every other source. It makes the agent
 * ask about everything, start every shell through Weir's wrapper, and know no provider, plugin or server but the gateway's.
 */
export function agentConfig (options: AgentConfigOptions): Readonly<Record<string, unknown>> {
  const model = options.defaultModel ?? firstModel(options.providers)
  return {
    $schema: 'https://opencode.ai/config.json',
    ...providerConfig(options.providers, options.modelBaseUrl, options.modelToken),
    // The titles of sessions come from the small model; naming ours keeps OpenCode from looking for one of its own.
    ...(model === null ? {} : { model, small_model: model }),
    shell: options.shell,
    permission: askForEverything(),
    share: 'disabled',
    autoupdate: false,
    formatter: false, // formatters and language servers are programs that no tool call named
    lsp: false,
    mcp: {},
    plugin: [],
    // A refused call is an answer that the model reads, not the end of the turn.
    experimental: { continue_loop_on_deny: true },
  }
}

/**
 * Every permission set to `ask`. `*` would do for a fresh agent, but merged layers keep the place of a key's first
 * appearance, so the ones that have built-in patterns of their own are named as well.
 */
export function askForEverything (): Readonly<Record<string, 'ask'>> {
  return { '*': 'ask', external_directory: 'ask', doom_loop: 'ask', read: 'ask', edit: 'ask', bash: 'ask', webfetch: 'ask', task: 'ask' }
}

// Bundled in OpenCode: it would install any other from the network, and run it.
const PACKAGES: Readonly<Record<ModelFormatName, string>> = {
  'openai-chat': '@ai-sdk/openai-compatible',
  'openai-responses': '@ai-sdk/openai',
  anthropic: '@ai-sdk/anthropic',
  gemini: '@ai-sdk/google',
}

/** The providers in OpenCode's own terms, each spoken to in its own format through the gateway, and no others. */
export function providerConfig (providers: AgentConfigOptions['providers'], modelBaseUrl: (provider: string) => string, apiKey: string): Readonly<Record<string, unknown>> {
  const provider = Object.fromEntries(Object.entries(providers).map(([id, { format, name, models }]) => [id, {
    npm: PACKAGES[format],
    name: name ?? id,
    options: { baseURL: modelBaseUrl(id), apiKey },
    models: Object.fromEntries(Object.entries(models).map(([model, known]) => [model, { name: known.name ?? model, tool_call: true }])),
    // To a provider that OpenCode knows it adds all of the models it knows; they would be offered, and refused when asked.
    whitelist: Object.keys(models),
  }]))
  return { provider, enabled_providers: Object.keys(providers) }
}

function firstModel (providers: AgentConfigOptions['providers']): string | null {
  for (const [id, { models }] of Object.entries(providers)) {
    const [model] = Object.keys(models)
    if (model !== undefined) return `${id}/${model}`
  }
  return null
}
