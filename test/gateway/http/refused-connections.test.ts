import t from 'tap'
import type { EventBody } from '../../../gateway/core/ledger-entry.ts'
import { createRefusedConnections, isUnreadable, UNREADABLE } from '../../../gateway/http/refused-connections.ts'

const INVALID = { code: 'WEIR_ERR_AUTH_INVALID', statusCode: 401 } as const

await t.test('of a flood from many addresses every refusal is counted, in no more entries than there is room for', (t) => {
  const recorded: EventBody[] = []
  const refused = createRefusedConnections({ record: (body) => { recorded.push(body) }, nowMs: () => 7 })
  for (let address = 0; address < 5_000; address += 1) {
    refused.note(`10.0.${address >> 8}.${address & 255}`, INVALID)
    refused.note('10.0.0.1', INVALID)
  }
  refused.note(undefined, UNREADABLE)
  refused.note('10.0.0.1', { code: 'WEIR_ERR_AUTH_SCOPE', statusCode: 403 })
  refused.undecided('10.0.0.1', { code: 'WEIR_ERR_ROUTE_UNKNOWN', statusCode: 404 })
  refused.close()
  t.ok(recorded.length <= 35, `${recorded.length} entries`)
  t.equal(recorded.reduce((sum, { detail }) => sum + Number(detail['refused']), 0), 10_002)
  t.match(recorded.filter(({ detail }) => detail['source'] === null).map(({ detail }) => detail), [
    { code: INVALID.code, refused: 4_968, sinceMs: 7 }, { code: UNREADABLE.code, refused: 1 },
  ])
  t.match(recorded.find(({ detail }) => detail['source'] === '10.0.0.1'), { kind: 'event', name: 'connections-refused', actor: null, detail: { refused: 5_001 } })
  t.end()
})

await t.test('who went away was not refused', (t) => {
  for (const code of ['ECONNRESET', 'EPIPE']) t.notOk(isUnreadable(Object.assign(new Error(), { code })), String(code))
  for (const code of ['HPE_INVALID_METHOD', 'ERR_HTTP_REQUEST_TIMEOUT', undefined]) t.ok(isUnreadable(Object.assign(new Error(), { code })), String(code))
  t.end()
})
