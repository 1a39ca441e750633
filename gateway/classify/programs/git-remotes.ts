import type { Field } from '../shell/facts.ts'

/** The usual names of where a repository comes from. Who works here can not point them elsewhere: that is a setting. */
export const OWN_REMOTE = /^(?:origin|upstream)$/

// Plain names, since `+a:b` and `a:b` move branches of this repository.
const BRANCH = /^[A-Za-z][\w-]*(?:[./][\w-]+)*$/
const PATTERN = /^[\w./*-]+$/

const FETCHES = /^-[pqtvka]+$|^--(?:all|prune|prune-tags|tags|no-tags|quiet|verbose|dry-run|unshallow|progress|no-progress|depth=\d+|deepen=\d+)$/
const OPTIONS: Readonly<Record<string, RegExp>> = {
  fetch: FETCHES,
  pull: new RegExp(`${FETCHES.source}|^-r$|^--(?:rebase(?:=(?:true|false|merges))?|no-rebase|ff|ff-only|no-ff|no-edit|(?:no-)?autostash|(?:no-)?commit|stat|no-stat)$`),
  'ls-remote': /^-[htq]+$|^--(?:heads|branches|tags|refs|quiet|symref|exit-code|get-url)$/,
}

/**
 * Whether a command brings the repository up to date from where it comes from, and says nothing else: no address, no
 * program for the other side, no branch to move. It speaks to nobody who is not in the repository's own settings.
 */
export function asksOwnRemote (verb: string, words: readonly Field[]): boolean {
  const options = Object.hasOwn(OPTIONS, verb) ? OPTIONS[verb] : undefined
  if (options === undefined || !words.every(({ known, glob }) => known && glob === null)) return false
  const said = words.map(({ text }) => text).join(' ').replace(/(^| )--(depth|deepen) (?=\d+(?: |$))/g, '$1--$2=').split(' ').filter(Boolean)
  const [remote = 'origin', ...names] = said.filter((word) => !word.startsWith('-'))
  const name = verb === 'ls-remote' ? PATTERN : BRANCH
  return OWN_REMOTE.test(remote) && names.every((word) => name.test(word)) && said.every((word) => !word.startsWith('-') || options.test(word))
}
