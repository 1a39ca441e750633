import { Command } from 'commander'
import type { Io } from '../io.ts'
import { buildCommand } from './build.ts'
import { checkCommand } from './check.ts'
import { evalCommand } from './eval.ts'
import { pushCommand } from './push.ts'
import { replayCommand } from './replay.ts'
import { signCommand } from './sign.ts'
import { testCommand } from './test.ts'

/** `weir policy …`: what a rule author runs. Needs no running gateway. */
export function policyCommand (io: Io): Command {
  const policy = new Command('policy').description('build, check, test and ask the policy')
  for (const command of [buildCommand, checkCommand, testCommand, evalCommand, replayCommand, signCommand, pushCommand]) policy.addCommand(command(io))
  return policy
}
