import type { ToolWork } from '../../../../adapters/weir/tool-work.ts'
import { GatewayError } from '../../../core/errors.ts'
import { isIssued, type Permit } from '../../../core/permit.ts'
import type { Classification } from '../../../core/tool-call.ts'
import type { Sandbox } from '../../../../sandbox/sandbox.ts'
import { runCommand } from './command-work.ts'
import { createFileWork, type RestoredFile } from './file-work.ts'
import { runSearch } from './search-work.ts'
import { runTests } from './test-work.ts'
import type { ToolIo, ToolResult } from './tool-result.ts'

/** What of a sandbox tools run in. */
export type ToolSandbox = Pick<Sandbox, 'runTool' | 'holderPid' | 'mergedDir' | 'upperDir' | 'lowerDir' | 'walls'>

/** A call as it was allowed: the permit, what it does, and the facts that were decided on. */
export interface PermittedWork { readonly permit: Permit, readonly work: ToolWork, readonly facts: Classification }

/** Performs allowed calls inside one session's sandbox. Nothing of a workspace is opened outside of it. */
export interface ToolRunner {
  /**
   * Performs one call. That it failed (no such file, a command that ended badly) is a result.
   *
   * @throws GatewayError WEIR_ERR_DENIED without a permit that govern issued, WEIR_ERR_SANDBOX when the session has ended or runs too much
   */
  perform (permitted: PermittedWork, io: ToolIo): Promise<ToolResult>
  /**
   * Puts files back as they were. Nothing is touched unless each is as `expected` says. Throws as `perform`.
   */
  restore (permitted: Omit<PermittedWork, 'work'>, files: readonly RestoredFile[]): Promise<ToolResult>
  close (): void
}

export function createToolRunner (sandbox: ToolSandbox): ToolRunner {
  const files = createFileWork(sandbox)
  return {
    async perform ({ permit, work, facts }, io) {
      // An untyped caller could pass anything for a permit; the type checker cannot see that.
      if (!isIssued(permit)) throw new GatewayError('WEIR_ERR_DENIED', 'Nothing runs without a permit.')
      switch (work.tool) {
        case 'read-file': return await files.read(work, facts)
        case 'write-file': return await files.write(work, facts)
        case 'search': return await runSearch(sandbox, { permit, work, facts }, io)
        case 'run-shell': return await runCommand(sandbox, { permit, command: commandOf(facts), cwd: work.cwd, timeoutMs: work.timeoutMs, terminal: work.terminal }, io)
        case 'run-test': return await runTests(sandbox, { permit, command: commandOf(facts), timeoutMs: work.timeoutMs }, io)
      }
    },
    async restore ({ permit, facts }, restored) {
      if (!isIssued(permit)) throw new GatewayError('WEIR_ERR_DENIED', 'Nothing runs without a permit.')
      return await files.restore(restored, facts)
    },
    close: () => { files.close() },
  }
}

// The text that policy was asked about, and no other reading of the call.
function commandOf ({ command }: Classification): string {
  if (command === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'A command without facts about it was allowed.')
  return command.text
}
