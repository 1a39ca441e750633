/** Every error code, with the HTTP status an edge answers and what it means. A published code is never reused. */
export const ERRORS = {
  WEIR_ERR_CONFIG_INVALID: { status: 500, text: 'the configuration is not valid' },
  WEIR_ERR_DECODE_MALFORMED: { status: 400, text: 'the request is malformed' },
  WEIR_ERR_DECODE_TOO_LARGE: { status: 413, text: 'the request is larger than the limit' },
  WEIR_ERR_AUTH_MISSING: { status: 401, text: 'a token is needed' },
  WEIR_ERR_AUTH_INVALID: { status: 401, text: 'the token is not valid' },
  WEIR_ERR_AUTH_SCOPE: { status: 403, text: 'the token does not allow this app or environment' },
  WEIR_ERR_DENIED: { status: 403, text: 'policy denies this' },
  WEIR_ERR_PENDING: { status: 423, text: 'policy leaves this to a second person' },
  WEIR_ERR_DECIDED: { status: 409, text: 'this was already decided' },
  WEIR_ERR_ROUTE_UNKNOWN: { status: 404, text: 'there is no such route' },
  WEIR_ERR_HOST_UNKNOWN: { status: 421, text: 'the gateway is not known by the name that the request was sent to' },
  WEIR_ERR_RATE: { status: 429, text: 'too many requests' },
  WEIR_ERR_UPSTREAM: { status: 502, text: 'the upstream could not be reached or answered wrongly' },
  WEIR_ERR_UPSTREAM_TIMEOUT: { status: 502, text: 'the upstream did not answer in time' },
  WEIR_ERR_AGENT_START: { status: 502, text: 'the sandboxed agent did not start' },
  WEIR_ERR_POLICY_BUILD: { status: 503, text: 'the policy does not compile' },
  WEIR_ERR_POLICY_UNAVAILABLE: { status: 503, text: 'no policy could decide' },
  WEIR_ERR_POLICY_SIGNATURE: { status: 503, text: 'the policy bundle is not signed as configured' },
  WEIR_ERR_POLICY_OLDER: { status: 503, text: 'the policy bundle is older than the one in force' },
  WEIR_ERR_POLICY_FETCH: { status: 503, text: 'the policy bundle could not be fetched' },
  WEIR_ERR_OPA_MISSING: { status: 503, text: 'no usable OPA was found' },
  WEIR_ERR_LEDGER_APPEND: { status: 503, text: 'the ledger could not record this, so nothing took effect' },
  WEIR_ERR_LEDGER_CORRUPT: { status: 503, text: 'the ledger is corrupt' },
  WEIR_ERR_LEDGER_LOCKED: { status: 503, text: 'another process has the ledger open' },
  WEIR_ERR_STORE: { status: 503, text: 'the store failed' },
  WEIR_ERR_VAULT: { status: 503, text: 'the vault failed' },
  WEIR_ERR_KEY_MISSING: { status: 403, text: 'no key is set for this provider and environment' },
  WEIR_ERR_PRICE_UNKNOWN: { status: 403, text: 'no price is known for this model, so it is not asked; weir.yaml can state one' },
  WEIR_ERR_SANDBOX: { status: 503, text: 'the sandbox could not be made' },
  WEIR_ERR_PROJECT: { status: 503, text: 'the project repository could not be read or written' },
  WEIR_ERR_PORT_IN_USE: { status: 500, text: 'the port is in use' },
  WEIR_ERR_INTERNAL: { status: 500, text: 'something went wrong inside' },
} as const satisfies Record<string, { status: number, text: string }>

export type ErrorCode = keyof typeof ERRORS

/**
 * An error that an edge may show: `code` and `message` go to the client, `cause` to the log only. The message says what
 * happened and what to change; it holds no secret and no payload.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly statusCode: number
  /** The rule and ledger entry behind a refusal, when there is one. */
  readonly rule: string | null
  readonly decision: number | null

  constructor (code: ErrorCode, message?: string, options: { cause?: unknown, rule?: string, decision?: number } = {}) {
    super(message ?? ERRORS[code].text, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.statusCode = ERRORS[code].status
    this.rule = options.rule ?? null
    this.decision = options.decision ?? null
  }
}

/** The one body every error answer has. */
export function errorBody (error: GatewayError): { error: { code: string, message: string, rule?: string, decision?: number } } {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.rule === null ? {} : { rule: error.rule }),
      ...(error.decision === null ? {} : { decision: error.decision }),
    },
  }
}

/** What an edge makes of anything thrown: a GatewayError stays, all else becomes `WEIR_ERR_INTERNAL` with the cause kept for the log. */
export function asGatewayError (thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('WEIR_ERR_INTERNAL', undefined, { cause: thrown })
}
