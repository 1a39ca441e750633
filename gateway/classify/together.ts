import { PERMISSIONS, type Classification, type CommandFacts, type ContentFacts, type Target, type ToolName } from '../core/tool-call.ts'

/**
 * The facts of several calls as those of one. Each was looked at on its own, as each runs on its own: nothing that one of
 * them enters, sets or defines is there for the next. The permission is the strongest that any of them needs.
 *
 * @param tool what the calls are together, unless all of them run the tests
 */
export function together (parts: readonly Classification[], tool: ToolName): Classification {
  const targets = new Map<string, Target>()
  for (const target of parts.flatMap((part) => part.targets)) targets.set(JSON.stringify([target.path, target.access, target.class]), target)
  return {
    tool: parts.every((part) => part.tool === 'run-test') ? 'run-test' : tool,
    permission: PERMISSIONS.findLast((permission) => parts.some((part) => part.permission === permission)) ?? 'publish',
    targets: [...targets.values()],
    command: commandsTogether(parts.flatMap(({ command }) => command ?? [])),
    url: parts.find(({ url }) => url !== null)?.url ?? null,
    content: contentsTogether(parts.flatMap(({ content }) => content ?? [])),
  }
}

function commandsTogether (commands: readonly CommandFacts[]): CommandFacts | null {
  if (commands.length === 0) return null
  return {
    text: commands.map(({ text }) => text).join('\n'),
    programs: commands.flatMap(({ programs }) => programs),
    opaque: commands.some(({ opaque }) => opaque),
    problems: [...new Set(commands.flatMap(({ problems }) => problems))].sort(),
    network: commands.some(({ network }) => network),
    writes: [...new Set(commands.flatMap(({ writes }) => writes))],
    reads: [...new Set(commands.flatMap(({ reads }) => reads))],
  }
}

function contentsTogether (contents: readonly ContentFacts[]): ContentFacts | null {
  if (contents.length === 0) return null
  return { signs: [...new Set(contents.flatMap(({ signs }) => signs))].sort(), secrets: [...new Set(contents.flatMap(({ secrets }) => secrets))].sort() }
}
