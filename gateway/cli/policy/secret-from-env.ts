import { CommandFailed } from '../io.ts'

/** The secret that `env:NAME` stands for. @throws CommandFailed when it is written otherwise or not set; quotes no value */
export function secretFromEnv (reference: string, env: NodeJS.ProcessEnv): string {
  const name = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(reference)?.[1]
  if (name === undefined) throw new CommandFailed('A secret is given as env:NAME, the name of an environment variable: a command line is readable by every user of the machine.')
  const value = env[name]
  if (value === undefined || value === '') throw new CommandFailed(`The environment variable ${name} is not set.`)
  return value
}
