import { isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { isSecretName } from '../../shell/hidden.ts'
import { TooMuch } from '../too-much.ts'

// What only says how tests run and charts are drawn.
const HARMLESS = /^environ(\[|\.setdefault\()'(DJANGO_SETTINGS_MODULE|MPLBACKEND|PYTHONHASHSEED|CUDA_VISIBLE_DEVICES|TOKENIZERS_PARALLELISM|NO_COLOR|TZ|TF_CPP_MIN_LOG_LEVEL|FLASK_ENV|APP_ENV|ENV|OMP_NUM_THREADS)'(?:\]=|,)'([\w./-]*)'/

/**
 * Reads what is done with the environment, as `echo $NAME` in a shell: `os.environ.get('NAME')`, `os.environ['NAME']`,
 * `os.getenv('NAME')`. @returns where it ends
 */
export function environmentAt (tokens: readonly ScriptToken[], at: number): number {
  const set = settingAt(tokens, at) ?? askedAt(tokens, at)
  if (set !== null) return set
  const isEnviron = tokens[at]?.text === 'environ'
  const isGot = isEnviron && markAt(tokens, at + 1, '.') && tokens[at + 2]?.text === 'get'
  const open = isGot ? at + 3 : at + 1
  const name = tokens[open + 1]
  const isLooked = isEnviron && !isGot ? markAt(tokens, open, '[') && markAt(tokens, open + 2, ']') && !/=$/.test(tokens[open + 3]?.text ?? '') : markAt(tokens, open, '(')
  if (!isLooked || !isPlain(name) || !/^[A-Z][A-Z0-9_]*$/.test(name.text) || isSecretName(name.text)) throw new TooMuch()
  return open + 1
}

// `os.environ['MPLBACKEND'] = 'Agg'`, `os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.test')`
function settingAt (tokens: readonly ScriptToken[], at: number): number | null {
  const words = tokens.slice(at, at + 8)
  const said = words.map(({ kind, text }) => kind === 'string' ? `'${text}'` : text).join('')
  const [, , name, value = ''] = HARMLESS.exec(said) ?? []
  if (name === undefined || /prod|live/i.test(value) || !words.every(({ plain }) => plain)) return null
  return markAt(tokens, at + 1, '[') ? at + 5 : at + 6
}

// `'CI' in os.environ`
function askedAt (tokens: readonly ScriptToken[], at: number): number | null {
  return tokens[at - 3]?.text === 'in' && isPlain(tokens[at - 4]) && /^(?:[):,;]|and|or|if|else|)$/.test(tokens[at + 1]?.text ?? '') ? at : null
}
