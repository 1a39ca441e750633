import type { ObservedProviders } from '../open-telemetry.ts'

// The conventions' own names of providers that OpenCode calls otherwise.
const CONVENTIONAL: ReadonlyMap<string, string> = new Map([
  ['google', 'gcp.gemini'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['xai', 'x_ai'],
  ['mistral', 'mistral_ai'],
])

export function providerName (id: string): string {
  return CONVENTIONAL.get(id) ?? id
}

/** Host and port of the address at this place in the configuration; null when there is none. */
export function serverOf (config: ObservedProviders[string], endpoint: string): { readonly address: string, readonly port: number } | null {
  const url = config?.baseUrls?.[Number(endpoint)]?.url ?? config?.baseUrl
  if (url === undefined || !URL.canParse(url)) return null
  const { hostname, port, protocol } = new URL(url)
  return { address: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}
