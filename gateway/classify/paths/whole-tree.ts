import { splitGnuArguments, hasFlag } from '../programs/invocation.ts'
import type { Directories, FactCollector, Field } from '../shell/facts.ts'

// They print a count, a mark or a name of a file, change it without showing it, or judge for themselves what they search.
const KEEP_TO_THEMSELVES: ReadonlySet<string> = new Set(('wc ls stat file du df md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum md5 ' +
  'grep egrep fgrep rg ag ack ugrep find fd fdfind tree echo printf test [ true : cd pushd basename dirname realpath readlink rm rmdir unlink trash chmod chown touch mkdir ' +
  'xargs env time timeout nice ionice stdbuf nohup command exec sh bash dash git prettier eslint biome black isort ruff gofmt goimports rustfmt shfmt clang-format stylelint shellcheck dos2unix unix2dos').split(' '))

// Folders in which nobody keeps settings of the machine.
const CODE_FOLDER = /^\/workspace\/(?:[^/]+\/)*(?:src|lib|app|apps|test|tests|spec|__tests__|docs|doc|internal|pkg|cmd|components|dist|build|scripts|public|migrations|templates|include|examples)(?:\/|$)/

/** The word for all files below a folder, hidden ones among them: what a search without a name prints. No program opens a folder as a file, so nobody writes it otherwise. */
export function allBelow (root: Field): Field {
  return { ...root, text: `${root.text.replace(/\/+$/, '')}/.`, glob: null }
}

/** Records the hidden files that a program prints when it is given everything below a folder. */
export function checkWholeTree (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  const { operands, flags } = splitGnuArguments(args, new Set())
  if (/^(?:diff|colordiff|sdiff|delta)$/.test(name) && hasFlag(flags, 'r', '--recursive')) {
    // Only whether they differ, by their names.
    if (hasFlag(flags, 'q', '--brief')) return
    for (const operand of operands) touchAll(operand, directories, facts)
  } else if (!KEEP_TO_THEMSELVES.has(name) && !(name === 'sed' && flags.some((flag) => /^-[nErsuz]*i|^--in/.test(flag)))) {
    for (const operand of operands) if (operand.known && /(?:^|\/)\.$/.test(operand.text) && operand.text !== '.') touchAll(operand, directories, facts)
  }
}

/** Records the hidden files below a folder as read, unless it is one that holds only code. */
export function touchAll (folder: Field, directories: Directories, facts: FactCollector): void {
  for (const directory of directories) {
    const place = facts.placeOf(folder, directory)
    if (CODE_FOLDER.test(`${place}/`) || /\.\w+$/.test(place)) continue // code, or a file
    if (place === '/workspace') facts.touchHidden([directory])
    else facts.touch({ text: `${folder.text}/.*`, known: true, glob: `${folder.text}/**/.*` }, 'read', [directory])
  }
}
