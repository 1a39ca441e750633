import { Command } from 'commander'
import type { ForwardState } from '../forward/forwarder.ts'
import type { Resent } from '../forward/resend.ts'
import { aligned } from './aligned.ts'
import { askGateway, type GatewayOptions } from './ask-gateway.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface Options extends GatewayOptions { readonly json?: boolean }

/** `weir audit forwarders|resend`: where a running gateway sends the ledger. */
export function forwarderCommands (io: Io): readonly Command[] {
  return [
    asking(new Command('forwarders').description('list where the running gateway sends the ledger, and how far each is'))
      .action((options: Options) => list(io, options)),
    asking(new Command('resend').description('have the running gateway send once more what a receiver refused; what it takes then is off the file of dead letters').argument('<forwarder>', 'its name in ledger.forward'))
      .action((name: string, options: Options) => resend(io, name, options)),
  ]
}

async function list (io: Io, options: Options): Promise<void> {
  const { forwarders } = await askGateway(io, options, { method: 'GET', path: '/forwarders', whose: 'an operator' }) as { forwarders: ReadonlyArray<ForwardState & { readonly name: string }> }
  if (options.json === true) return io.stdout(`${JSON.stringify(forwarders)}\n`)
  if (forwarders.length === 0) return io.stdout('The ledger is sent nowhere (docs/ledger-forwarding.md).\n')
  const rows = forwarders.map(({ name, next, delivered, failed, dead, problem }) => [name, String(next), String(delivered), String(failed), String(dead), problem ?? '-'])
  for (const line of aligned([['name', 'next entry', 'delivered', 'failed', 'dead', 'problem'], ...rows], 6)) io.stdout(line)
}

/** Asks until each letter that was there at first was tried: an answer is about some of them. */
async function resend (io: Io, name: string, options: Options): Promise<void> {
  let tried = 0
  let sum: Omit<Resent, 'letters' | 'tried'> = { delivered: 0, failed: 0, problem: null }
  let first: number | null = null
  for (;;) {
    // What is refused again stands behind the others: no more are asked for than there were.
    const body = first === null ? undefined : { most: first - tried }
    const answer = await askGateway(io, options, { method: 'POST', path: `/forwarders/${encodeURIComponent(name)}/resend`, body, whose: 'an operator' }) as Resent
    first ??= answer.letters
    tried += answer.tried
    sum = { delivered: sum.delivered + answer.delivered, failed: sum.failed + answer.failed, problem: answer.problem }
    if (answer.problem !== null || answer.tried === 0 || tried >= first) break
  }
  if (options.json === true) io.stdout(`${JSON.stringify(sum)}\n`)
  else io.stdout(`${sum.delivered} entries taken, ${sum.failed} refused again.\n`)
  if (sum.problem !== null) throw new CommandFailed(`The rest was not tried: ${sum.problem}.`)
}

function asking (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}
