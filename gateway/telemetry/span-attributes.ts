/** Every attribute of our spans and what it says, for those who write them and for `docs/observability.md`. None holds what a model or a person wrote. */
export const SPAN_ATTRIBUTES = {
  'gen_ai.operation.name': '`chat`, `embeddings`, `count_tokens` or `execute_tool`',
  'gen_ai.provider.name': 'the provider: its name in the conventions, else its id in the configuration',
  'gen_ai.request.model': 'the model, when it is configured; else `_OTHER`',
  'gen_ai.usage.input_tokens': 'tokens of the question',
  'gen_ai.usage.output_tokens': 'tokens of the answer',
  'gen_ai.usage.cache_read.input_tokens': 'those of the question that the provider had in its cache; absent when the figures are estimated',
  'gen_ai.usage.cache_creation.input_tokens': 'those that it wrote to its cache; absent when the figures are estimated',
  'gen_ai.usage.reasoning.output_tokens': 'those of the answer that were thoughts; absent when the figures are estimated',
  'gen_ai.tool.name': 'the tool\'s name when it is a plain word; else `_OTHER`',
  'server.address': 'host of the provider\'s address',
  'server.port': 'its port',
  'error.type': 'code of the error, status of the provider, or a word such as `client-left`',
  'weir.request.id': 'the id in `x-weir-request-id`, in log lines and in the ledger',
  'weir.session': 'the session, for requests of its agent',
  'weir.app': 'the app',
  'weir.environment': 'the environment',
  'weir.plane': 'where it was decided',
  'weir.verdict': '`allow`, `pending` or `deny`',
  'weir.rule': 'the rule that decided',
  'weir.revision': 'the policy\'s revision',
  'weir.entry': 'index of the decision in the ledger',
  'weir.outcome': 'how the request ended, as in `weir_model_requests_total`',
  'weir.cost_nano_usd': 'cost, billionths of a US dollar',
} as const

export type SpanAttribute = keyof typeof SPAN_ATTRIBUTES
