// The calls of the ask bench, as the agents name them and as the gateway has decided them before.

export interface AskedCall { readonly messageID: string, readonly callID: string, readonly id: string }

export function askedCall (serial: number): AskedCall {
  return { messageID: `msg_${serial}`, callID: `call_${serial}`, id: `per_${serial}` }
}

export function askedArguments (serial: number): object {
  return { command: `echo ${serial}`, description: 'bench' }
}
