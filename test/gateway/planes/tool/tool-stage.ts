import { execFileSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import { shortDir } from '../../../support/gateway-process.ts'
import { openInProcessGateway, type InProcessGateway, type InProcessOptions } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'

const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Shop\n\nA shop with a cart.\n',
  'package.json': '{ "name": "shop", "version": "1.0.0", "type": "module" }\n',
  'src/cart.js': 'export const total = (items) => items.reduce((sum, item) => sum + item.price, 0)\n',
  'test/cart.test.js': "import test from 'node:test'\nimport assert from 'node:assert'\nimport { total } from '../src/cart.js'\ntest('adds', () => assert.equal(total([{ price: 1 }, { price: 2 }]), 3))\n",
  '.env': 'SHOP_SECRET=do-not-show\n',
}

/** One message of the gateway. */
export type Answer = Readonly<Record<string, unknown>> & { readonly type: string, readonly id?: string | number }

export interface ToolStage {
  readonly gateway: InProcessGateway
  readonly project: string
  /** Sends these messages in one conversation and reads all that comes back. */
  talk (token: string, messages: readonly (object | string)[]): Promise<readonly Answer[]>
  /** Begins a conversation in which what is said can follow from what came back. */
  converse (token: string): Promise<OpenTalk>
  git (...args: string[]): string
  ledger (): Promise<LedgerEntry[]>
}

export interface OpenTalk {
  say (message: object): void
  /** The first message that fits, past or to come. */
  heard (fits: (answer: Answer) => boolean): Promise<Answer>
  /** Says that there is no more. @returns all that came back */
  end (): Promise<readonly Answer[]>
}

interface Teardown { teardown (cleanUp: () => unknown): void }

/** A real gateway with the shipped policy, where `others` do not say else, on a real project whose tests report in TAP. */
export async function openToolStage (t: Teardown, settings: Readonly<Record<string, unknown>> = {}, others: Pick<InProcessOptions, 'data' | 'before'> = {}): Promise<ToolStage> {
  const project = makeProject(join(shortDir(t), 'shop'))
  const gateway = await openInProcessGateway(t, { settings: { apps: { shop: { project, testCommand: 'node --test --test-reporter=tap' } }, ...settings }, ...others })
  return {
    gateway,
    project,
    async talk (token, messages) {
      const answer = await fetch(`${gateway.url}/weir/api/v1/tools`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: messages.map((message) => `${typeof message === 'string' ? message : JSON.stringify(message)}\n`).join(''),
      })
      const text = await answer.text()
      return answer.ok ? text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Answer) : [{ type: 'refused', status: answer.status, body: text }]
    },
    converse: (token) => converse(`${gateway.url}/weir/api/v1/tools`, token),
    git: (...args) => execFileSync('git', ['-C', project, ...args], { encoding: 'utf8' }).trim(),
    ledger: () => ledgerOf(gateway.dataDir),
  }
}

async function converse (url: string, token: string): Promise<OpenTalk> {
  const sent = request(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } })
  sent.write('{"verb":"hello"}\n')
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  const answers: Answer[] = []
  const heard = new EventEmitter()
  const lines = createInterface({ input: answer }).on('line', (line) => {
    answers.push(JSON.parse(line) as Answer)
    heard.emit('more')
  })
  const closed = once(lines, 'close')
  return {
    say (message) { sent.write(`${JSON.stringify(message)}\n`) },
    async heard (fits) {
      for (let found = answers.find(fits); ; found = answers.find(fits)) {
        if (found !== undefined) return found
        await once(heard, 'more')
      }
    },
    async end () {
      sent.end()
      await closed
      return answers
    },
  }
}

function makeProject (dir: string): string {
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  symlinkSync('README.md', join(dir, 'linked.md'))
  const git = (...args: string[]): void => { execFileSync('git', ['-C', dir, '-c', 'user.name=Test', '-c', 'user.email=test@acme.test', ...args], { stdio: 'ignore' }) }
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
  return dir
}
