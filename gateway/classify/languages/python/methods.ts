import { argumentsFrom } from './arguments.ts'
import type { ScriptImports } from './imports.ts'
import { checkTemplate, type ModuleCalls } from './module-calls.ts'
import type { ScriptOpenings } from './openings.ts'
import { isPlain, markAt } from './places.ts'
import { isQueryAt, staysInMemory } from './starts.ts'
import type { ScriptToken } from './tokens.ts'
import { isSecretName } from '../../shell/hidden.ts'
import { TooMuch, refuse } from '../too-much.ts'

/** Judges methods that do more on values of some modules than on those of others. Throws TooMuch where that is not known. */
export class MethodCalls {
  readonly #imports: ScriptImports
  readonly #openings: ScriptOpenings
  readonly #calls: ModuleCalls
  readonly #asksClient: boolean

  constructor (imports: ScriptImports, openings: ScriptOpenings, calls: ModuleCalls, asksClient: boolean) {
    this.#imports = imports
    this.#openings = openings
    this.#calls = calls
    this.#asksClient = asksClient
  }

  // One setting by its name, `app.config['DEBUG']`; all of them hold secrets.
  setting (tokens: readonly ScriptToken[], at: number): void {
    const got = markAt(tokens, at + 1, '.') && tokens[at + 2]?.text === 'get' ? at + 4 : markAt(tokens, at + 1, '[') ? at + 2 : null
    const name = got === null ? tokens[at + 2] : tokens[got]
    const named = got === null ? markAt(tokens, at + 1, '.') && name?.kind === 'name' && /^[A-Za-z]\w*$/.test(name.text) && !/^(?:items|values|keys|copy|get|get_namespace|update|pop)$/.test(name.text) : isPlain(name) && /^[\])]$|^,$/.test(tokens[got + 1]?.text ?? '')
    if (!named || isSecretName(name?.text ?? '') || /secret|passw|token|credential|dsn|_ur[il]$|^(?:databases?|caches|channel_layers|(?:email|broker|celery|aws|sqlalchemy)\w*)$/i.test(name?.text ?? '')) throw new TooMuch()
  }

  // `z.open('a.txt')` of an archive that is open
  isArchive (name: string, tokens: readonly ScriptToken[], at: number): boolean {
    return name === 'open' && this.#imports.listed.some((module) => /^(?:zipfile|tarfile)$/.test(module)) && tokens[at - 2]?.kind === 'name' && !this.#imports.listed.includes('pathlib') && isPlain(tokens[at + 2])
  }

  saves (tokens: readonly ScriptToken[], at: number): boolean {
    const first = tokens[at]
    if (first === undefined || markAt(tokens, at, ')') || (first.kind === 'name' && markAt(tokens, at + 1, '='))) return false
    if (argumentsFrom(tokens, at).some(({ kind, text }) => kind === 'name' && /^(?:storage_options|path_or_buf|buf|excel_writer|engine)$/.test(text))) throw new TooMuch()
    this.#openings.named(tokens, at, true)
    return true
  }

  /** Methods that do more on values of some modules than on others. @returns whether all is said of one */
  special (name: string, tokens: readonly ScriptToken[], at: number): boolean {
    const lists = (module: string): boolean => this.#imports.listed.includes(module)
    const first = tokens[at + 2]
    const bare = markAt(tokens, at + 2, ')')
    if (name === 'start') return bare ? true : refuse()
    if (name === 'submit') return lists('concurrent.futures') ? true : refuse()
    if (name === 'rename') return first?.kind === 'name' && markAt(tokens, at + 3, '=') && first.text !== 'target' ? true : refuse()
    if (/^register_(?:blueprint|error_handler)$/.test(name) && this.#imports.pure.has('flask')) return true
    // Behind it, other files and modules have the same names.
    if (/^(?:chdir|syspath\w*)$/.test(name)) return name === 'chdir' && first?.text === 'tmp_path' && markAt(tokens, at + 3, ')') ? true : refuse()
    if (name === 'setenv') return isPlain(first) && !/^(?:LD_|PYTHON|PATH$|GIT_|NODE_|BASH|SHELL)/.test(first.text) ? true : refuse()
    if (/^(?:load|loads|dump|dumps|validate)$/.test(name) && lists('marshmallow')) return true
    if (lists('sqlalchemy') && this.#calls.isScratchDatabase && /^(?:connect|begin|query|delete|execute|scalars?|flush|commit|bulk_\w+|create_all|drop_all)$/.test(name)) return true
    if (name === 'connect' || name === 'begin') return lists('sqlalchemy') && bare ? true : refuse()
    if (name === 'put' && this.#imports.loads.length === 0 && this.#imports.pure.size === 0) return true
    if (name === 'put' && (first?.kind === 'number' || (first?.kind === 'name' && markAt(tokens, at + 3, ')')))) return true
    if (/^(?:post|put|patch|delete|options)$/.test(name)) return this.#asksClient && first?.kind === 'string' && first.text.startsWith('/') ? true : refuse()
    if (name === 'format') return first !== undefined && isPlainFormat(tokens[at - 2]) ? true : refuse()
    if (name === 'train' || (name === 'eval' && (bare || !lists('pandas')))) return bare && this.#imports.pure.has('torch')
    if (name === 'run' && lists('unittest')) return true
    if (name === 'compile' && lists('sqlalchemy')) return true
    if (/^(?:query|eval)$/.test(name) && lists('pandas')) return isPlain(first) && !/[@(`]|__/.test(first.text) && /^[,)]$/.test(tokens[at + 3]?.text ?? '') ? true : refuse()
    if (name === 'from_string' || name === 'get_template') return this.#template(name, tokens, at)
    if (name === 'read' && lists('configparser')) { if (!bare && first?.kind !== 'number') this.#openings.listed(tokens, at + 2); return true }
    if (name === 'write' && this.#imports.listed.some((module) => /^(?:xml|lxml)\b/.test(module))) return this.#written(tokens, at)
    if (/^execute(?:many|script)?$/.test(name) && this.#imports.loads.length === 0) return this.#executes(name, tokens, at)
    return false
  }

  #template (name: string, tokens: readonly ScriptToken[], at: number): boolean {
    // Applications have templates, too.
    const hasTemplates = ['flask', 'fastapi', 'starlette', 'django', 'werkzeug', 'aiohttp'].some((name) => this.#imports.pure.has(name))
    if (!this.#imports.listed.includes('jinja2')) return hasTemplates ? refuse() : false
    const first = tokens[at + 2]
    if (name === 'from_string') checkTemplate(tokens, at + 2)
    else if (!isPlain(first) || !/^[A-Za-z][\w./-]*$/.test(first.text) || first.text.includes('..') || first.text.includes('/.')) throw new TooMuch()
    return true
  }

  // A tree writes itself to the file it is told; an open file takes texts.
  #written (tokens: readonly ScriptToken[], at: number): boolean {
    const first = tokens[at + 2]
    if (this.#imports.names.has(first?.text ?? '') || first?.text === 'str') return true
    if (first?.kind === 'string' && (first.filled === true || !/^[\w./~-]+$/.test(first.text))) return true
    this.#openings.named(tokens, at + 2, true)
    return true
  }

  // A database is asked what changes nothing, unless it is only in memory.
  #executes (name: string, tokens: readonly ScriptToken[], at: number): boolean {
    if (this.#imports.listed.includes('sqlite3') && !this.#imports.listed.includes('sqlalchemy')) {
      if ((name === 'execute' && isQueryAt(tokens, at + 2)) || (this.#calls.isMemory && staysInMemory(tokens, at + 2))) return true
      throw new TooMuch()
    }
    const asked = tokens[at + 2]?.text
    if (name === 'execute' && this.#imports.listed.includes('sqlalchemy') && (asked === 'select' || (asked === 'text' && isQueryAt(tokens, at + 4)))) return true
    throw new TooMuch()
  }
}

/** Whether `'{:>5} {name}'` takes values as they are, and nothing of what they are made of. */
export function isPlainFormat (token: ScriptToken | undefined): boolean {
  return token?.kind === 'string' && token.filled !== true && ![...token.text.matchAll(/\{([^{}:!]*)/g)].some(([, name = '']) => /[.[]/.test(name))
}
