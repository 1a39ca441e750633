import type { Static } from 'typebox'
import { Type } from '../core/schema-type.ts'

const closed = { additionalProperties: false }
const age = (what: string) => Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}d$', description: `How long ${what} are kept, 32d to 36500d. Default: for ever.` }))

const KeepSchema = Type.Object({
  decisions: age('decisions about calls and about routes of clients'),
  outcomes: age('the outcomes of such decisions'),
}, closed)

/** `ledger.retention` of weir.yaml. */
export const RetentionSchema = Type.Object({
  keep: Type.Object({ DEV: Type.Optional(KeepSchema), TEST: Type.Optional(KeepSchema), PROD: Type.Optional(KeepSchema) }, { ...closed, description: 'By environment, how long its entries are kept.' }),
  every: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}h$', description: 'Pause between two looks for what is older, 1h to 720h; there is one at each start as well. Default: 24h.' })),
}, { ...closed, description: 'Old decisions and outcomes are taken out of the ledger; their hashes stay, and every proof holds (docs/ledger-retention.md). Default: nothing is taken out.' })

export type RetentionFile = Static<typeof RetentionSchema>
