import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../gateway/package-root.ts'
import { until } from './until.ts'
import { openStage, toolResults, type Stage } from './weir-stage.ts'

export interface WaitingApproval { readonly id: string, readonly targets: readonly { readonly path: string }[] }

/** A stage on which carol's agent waits for bob. */
export interface ApprovalStage {
  readonly stage: Stage
  readonly carol: string
  readonly bob: string
  /** The command as a second person runs it, beside this process: the scripted provider answers from here meanwhile. */
  approvals (...args: readonly string[]): Promise<string>
  waiting (): Promise<WaitingApproval[]>
  waitingFor (path: string): Promise<WaitingApproval>
  /** One prompt of carol's, to the end of its turn. Rejects when the gateway goes away under it. */
  prompt (text: string, modelID?: string): Promise<string>
  /** Resolves when the turn's change is in the project. */
  committed (path: string, has: string): Promise<void>
  /** Results of tools that the model was given last. */
  lastResults (): string
}

export async function openApprovalStage (t: Parameters<typeof openStage>[0], approvals: object): Promise<ApprovalStage> {
  const stage = await openStage(t, { approvals })
  const carol = stage.tokenFor('contributor', 'carol@acme.test')
  const bob = stage.tokenFor('approver', 'bob@acme.test')
  const waiting = async (): Promise<WaitingApproval[]> => {
    const { text } = await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)
    return (JSON.parse(text) as { approvals: WaitingApproval[] }).approvals
  }
  return {
    stage,
    carol,
    bob,
    waiting,
    approvals: (...args) => new Promise((resolve, reject) => {
      execFile(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'approvals', ...args, '--url', stage.gateway.url], { env: { ...process.env, WEIR_TOKEN: bob } }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${stdout}${stderr}`))
      })
    }),
    async waitingFor (path) {
      let found: WaitingApproval | undefined
      await until(async () => {
        found = (await waiting()).find(({ targets }) => targets.some((target) => target.path === path))
        return found !== undefined
      })
      return found as WaitingApproval
    },
    async prompt (text, modelID = 'model-1') {
      const session = JSON.parse((await stage.call('POST', '/session', carol, {})).text) as { id: string }
      const answer = await stage.call('POST', `/session/${session.id}/message`, carol, { model: { providerID: 'scripted', modelID }, parts: [{ type: 'text', text }] })
      return answer.text
    },
    committed: (path, has) => until(() => {
      const isThere = stage.git('ls-tree', '-r', '--name-only', 'weir/dev').split('\n').includes(path)
      return isThere && stage.git('show', `weir/dev:${path}`).includes(has)
    }),
    lastResults: () => toolResults(stage.provider.requests.findLast(({ body }) => body.tools !== undefined)),
  }
}
