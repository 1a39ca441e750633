import { checkHanded } from '../shell/assignments.ts'
import { describeTool } from '../programs/developer-tool.ts'
import type { Effect, Invocation } from '../programs/invocation.ts'
import { literal } from '../shell/facts.ts'

const PROPERTY = /^(?:--?|\/)(?:p|property):(.*)$/is
// A property whose value is a word; the ones of hooks and of tools are commands or files of MSBuild code whatever they hold.
const PLAIN_VALUE = /^[\w.,;%+-]*$/
const STEERS = /^(?:Pre|Post)(?:Build|Link)|^(?:Publish(?:Profile|Url)|WebPublish|DeployOnBuild|Container(?:Registry|Image))|(?:Event|Command|Exe|ToolPath|ToolExe|ToolPath|Targets|Props|Import\w*)$/i

/** `dotnet`: MSBuild takes its properties, and thereby its code, from the command line. */
const dotnet: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const words = args.map(({ text }) => text)
  const [verb = '', second = ''] = words
  for (const property of propertiesOf(words)) checkProperty(property, invocation)
  for (const [at, text] of words.entries()) {
    if (/^(?:-e|--environment)$/.test(text)) assigned(words[at + 1] ?? '', invocation)
    else if (text.startsWith('--environment=')) assigned(text.slice('--environment='.length), invocation)
  }
  if (words.some((text) => /^(?:-|--|\/)(?:l|logger|distributedlogger|dl|tl):.*[,;]/i.test(text) || /^--?additional(?:probingpath|-deps)/.test(text))) facts.problem('configured-command')
  if (verb === 'watch' && !/^(?:run|test|build|--.*|)$/.test(second)) facts.problem('configured-command')
  if (verb === 'fsi' && (invocation.stdin.kind !== 'none' || words.some((text) => /^--(?:use|load|quiet-?exec)|^-(?:r|I)/.test(text)))) facts.problem('pipe-to-interpreter')
  if (words.some((text) => /^[-/]{1,2}(?:t|target):.*Publish/i.test(text))) facts.network()
  if (verb === 'ef' && second === 'database' && words[2] === 'drop') facts.problem('data-loss')
  if (/^(?:add|remove|restore|new|nuget)$/.test(verb) || (verb === 'list' && words.includes('--source'))) facts.network()
  if (/^(?:add|remove|restore|new|nuget)$/.test(verb)) facts.touch(literal('project.csproj'), 'write', directories)
  describeTool({ ...invocation, args: args.slice(1).filter(({ text }) => !PROPERTY.test(text) && !SWITCH.test(text)) }, PLAIN_OPTIONS)
}

// MSBuild's switches begin with a slash as well, and are no paths.
const SWITCH = /^\/(?:v|verbosity|t|target|m|maxcpucount|nologo|nr|nodereuse|warnaserror|clp|consoleloggerparameters)(?::[\w;=-]*)?$/i

const PLAIN_OPTIONS: ReadonlySet<string> = new Set(['--filter', '-c', '-f', '-e', '--environment', '-p', '--property', '--collect'])

function propertiesOf (words: readonly string[]): readonly string[] {
  return words.flatMap((word, at) => /^(?:--property|-property|--p|-p)$/.test(word) ? words[at + 1] ?? [] : PROPERTY.exec(word)?.[1] ?? [])
}

function checkProperty (text: string, { facts }: Invocation): void {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
  if (name !== '' && (STEERS.test(name) || !(PLAIN_VALUE.test(value) || isOutput(name, value)))) facts.problem('configured-command')
}

function isOutput (name: string, value: string): boolean {
  return /(?:Output\w*|Dir|Path)$/.test(name) && /^(?:\.\/)?[A-Za-z][\w./-]*$/.test(value) && !value.includes('..')
}

function assigned (text: string, { facts, directories }: Invocation): void {
  const equals = text.indexOf('=')
  if (equals > 0) checkHanded(text.slice(0, equals), text.slice(equals + 1), facts, directories)
}

export const DOTNET_EFFECTS: Readonly<Record<string, Effect>> = { dotnet }
