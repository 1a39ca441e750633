import type { IncomingHttpHeaders } from 'node:http'
import { countOf } from '../gateway/core/usage.ts'
import { member, type JsonRecord } from '../gateway/decode/answer-json.ts'
import { besideIn } from './billed-usage.ts'
import { clientHeaders } from './client-headers.ts'
import type { KnownQuery } from './client-query.ts'
import type { KnownHeaders, ListedModel } from './model-format.ts'

const CLIENT_HEADERS: KnownHeaders = Object.freeze({ names: new Set(['openai-beta']), prefixes: Object.freeze(['openai-']) })

/** Flags of the client's, for both of OpenAI's protocols. */
export function openaiHeaders (client: IncomingHttpHeaders): readonly string[] {
  return clientHeaders(client, CLIENT_HEADERS)
}

/** OpenAI's own addresses have none; Azure's have the version. */
export const OPENAI_QUERY: KnownQuery = Object.freeze({ 'api-version': /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/ })

/**
 * Headers of answers that OpenAI's clients and guides use, for both of its protocols. Without `openai-organization` and `openai-project`:
 * they name the owner of the key, which the gateway keeps to itself.
 */
export const OPENAI_ANSWER_HEADERS: KnownHeaders = Object.freeze({
  names: new Set(['x-request-id', 'openai-processing-ms', 'openai-version', 'openai-model', 'retry-after', 'retry-after-ms', 'x-should-retry']),
  prefixes: Object.freeze(['x-ratelimit-']),
})

/** One model as OpenAI's clients read it, of either of its protocols. */
export function openaiModel (provider: string, { id }: ListedModel): object {
  return { id, object: 'model', created: 0, owned_by: provider }
}

/** A list of them. */
export function openaiModelList (provider: string, models: readonly ListedModel[]): object {
  return { object: 'list', data: models.map((model) => openaiModel(provider, model)) }
}

/**
 * Searches that the provider made. OpenAI bills the items that report them; others that speak its protocols count them in the usage: Perplexity
 * queries, xAI calls of its tools or the sources that it read, OpenRouter as Anthropic does.
 */
export function searchesIn (usage: JsonRecord | null): { readonly webSearches: number, readonly fileSearches: number } {
  const { webSearches, fileSearches } = besideIn(usage)
  const tools = usage?.['server_side_tool_usage_details']
  const counted = (names: readonly string[]): number => names.reduce((sum, name) => sum + (countOf(member(tools, name)) ?? 0), 0)
  const inUsage = [countOf(usage?.['num_search_queries']), countOf(usage?.['num_sources_used']), countOf(member(usage?.['server_tool_use'], 'web_search_requests')), counted(['web_search_calls', 'x_search_calls'])]
  return { webSearches: Math.max(webSearches, ...inUsage.map((count) => count ?? 0)), fileSearches: Math.max(fileSearches, counted(['file_search_calls', 'document_search_calls'])) }
}

/**
 * Tokens that a model wrote, by the count that its provider gives of them. With OpenAI thoughts are among them. xAI counts thoughts beside them
 * and Google's imitation of OpenAI's protocol nowhere but in the total, and both bill them as output.
 */
export function openaiOutput (usage: JsonRecord | null, input: number | null, output: number | null): number | null {
  const total = countOf(usage?.['total_tokens'])
  return total === null || input === null || output === null ? output : Math.max(output, total - input)
}
