import type { Permit } from '../../../core/permit.ts'
import { INSIDE, type Sandbox } from '../../../../sandbox/sandbox.ts'
import { runCommand } from './command-work.ts'
import { createReportReader } from './test-report.ts'
import type { CommandResult, ToolIo } from './tool-result.ts'

/** A test run as it was allowed: the app's own command. */
export interface AllowedTests { readonly permit: Permit, readonly command: string, readonly timeoutMs: number | null }

/** Runs the app's tests; when what they print is a report that is known, the result says what it said. @throws GatewayError WEIR_ERR_SANDBOX */
export async function runTests (sandbox: Pick<Sandbox, 'runTool'>, { permit, command, timeoutMs }: AllowedTests, { signal, onOutput }: ToolIo): Promise<CommandResult> {
  const reader = createReportReader()
  const result = await runCommand(sandbox, { permit, command, cwd: INSIDE.workspace, timeoutMs }, {
    signal,
    onOutput (stream, text) {
      if (stream === 'stdout') reader.take(text)
      return onOutput(stream, text)
    },
  })
  const tests = reader.report()
  return tests === null ? result : { ...result, tests }
}
