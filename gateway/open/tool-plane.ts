import type { FastifyPluginAsync } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import type { Governor } from '../core/govern.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'
import type { Ledger } from '../core/ports.ts'
import { joinOutcomes } from '../ledger/entry-about.ts'
import { matches } from '../ledger/entry-filter.ts'
import type { Journal } from '../ledger/journal.ts'
import { openTail } from '../ledger/tail.ts'
import type { McpServers } from '../mcp/mcp-servers.ts'
import type { EntryPage } from '../planes/tool/protocol/conversation.ts'
import { propose } from '../planes/tool/propose.ts'
import { revertCommit } from '../planes/tool/protocol/revert.ts'
import { mcpRoutes, type McpRoutesOptions } from '../planes/tool/mcp/mcp-routes.ts'
import { toolRoutes, type ToolRoutesOptions } from '../planes/tool/tool-routes.ts'
import { packageVersion } from '../package-root.ts'
import type { Project } from '../project/project.ts'

const MAX_SCANNED = 100_000 // entries of one look; the answer says where to go on
const MAX_READ = { maxEntries: 1_000, maxBytes: 4_194_304 } as const

export interface ToolPlaneParts extends Omit<ToolRoutesOptions, 'entries' | 'propose' | 'revert' | 'ledger'>, Pick<McpRoutesOptions, 'assertKnownHost' | 'holdMs'> {
  readonly governor: Pick<Governor, 'govern'>
  readonly mcpServers: McpServers
  readonly journal: Ledger & Pick<Journal, 'head'>
  readonly journalDir: string
  /** @throws GatewayError WEIR_ERR_PROJECT */
  readonly project: (app: string) => Promise<Project>
}

/** The tool plane's routes, also those for MCP clients, on the parts of a gateway. */
export function openToolRoutes (parts: ToolPlaneParts): FastifyPluginAsync {
  const options: ToolRoutesOptions = {
    ...parts,
    ledger: parts.journal,
    entries: createEntries(parts),
    propose: (prompt, { tools: { session }, signal }) => propose(prompt, session, signal),
    revert: async (commit, exchange) => await revertCommit(commit, exchange, await parts.project(exchange.context.app)),
  }
  return async (app) => {
    await app.register(toolRoutes, options)
    await app.register(mcpRoutes, { ...parts, ledger: parts.journal, version: packageVersion(), attached: { servers: parts.mcpServers, governor: parts.governor, ledger: parts.journal } })
  }
}

// The same question as that of GET /audit: what nobody may read there, nobody reads here. From the journal itself: what a client just did is there.
function createEntries ({ govern, journal, journalDir }: ToolPlaneParts): ToolRoutesOptions['entries'] {
  return async (context, page): Promise<EntryPage> => {
    const { decision, permit, entry } = await govern({ kind: 'route', method: 'GET', path: '/weir/api/v1/audit', class: 'weir-audit' }, context)
    if (permit === null) throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
    try {
      const found = await entriesIn(journalDir, { ...page, session: context.session?.id ?? '', head: journal.head().index })
      journal.settle(permit, 'done', { entries: found.entries.length })
      return found
    } catch (error) {
      journal.settle(permit, 'failed', {})
      throw error
    }
  }
}

interface Wanted { readonly session: string, readonly after: number, readonly limit: number, readonly head: number }

async function entriesIn (journalDir: string, { session, after, limit, head }: Wanted): Promise<EntryPage> {
  const tail = openTail(journalDir, after + 1)
  const join = joinOutcomes()
  const entries: LedgerEntry[] = []
  while (tail.next() <= head && tail.next() <= after + MAX_SCANNED) {
    const read = await tail.read({ upTo: head, ...MAX_READ })
    if (read.length === 0) break
    for (const { json } of read) {
      if (json === null) continue // it expired
      const entry = JSON.parse(json) as LedgerEntry
      if (!matches(entry, { session }, join.decisionOf(entry))) continue
      entries.push(entry)
      if (entries.length >= limit) return { entries, isBehind: entry.index < head, lastIndex: entry.index }
    }
  }
  return { entries, isBehind: tail.next() <= head, lastIndex: tail.next() - 1 }
}
