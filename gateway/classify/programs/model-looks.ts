import { literal, type Field } from '../shell/facts.ts'

// Values written out; a column that holds what nobody should see is none that is asked for.
const VALUE = '(?:-?\\d{1,9}(?:\\.\\d+)?|\'[^\'\\\\]*\'|"[^"\\\\#$]*"|true|false|nil|null)'
const SECRET_COLUMN = /pass(?:word|wd|phrase)?|secret|token|digest|salt|api_?key|private|credential|\bENV\b/i

// Methods of Rails models that only ask; any other could do whatever the project has it do.
const RUBY_ASKS = `(?:count|first|last|all|size|length|name|class|inspect|to_s|to_a|to_sql|exists\\?|any\\?|empty\\?|column_names|table_name|attribute_names|distinct|order\\(:\\w+\\)|limit\\(\\d+\\)|(?:pluck|sum|group|minimum|maximum|average|select)\\(:\\w+(?:, ?:\\w+)*\\)|(?:where|find_by)\\(\\w+: ?${VALUE}(?:, ?\\w+: ?${VALUE})*\\)|find\\(\\d+\\)|first\\(\\d+\\)|last\\(\\d+\\))`
const RAILS = new RegExp(`^(?:runner|r) (?:puts|p|pp|print)[ (](?!(?:File|IO|Dir|Process|Kernel|Object|Etc)\\b)[A-Z]\\w*(?:::[A-Z]\\w*)*(?:\\.${RUBY_ASKS})+\\)?$`)

const rails = (words: readonly string[]): readonly Field[] | null => RAILS.test(words.join(' ')) && !SECRET_COLUMN.test(words.join(' ')) ? [literal('rails'), literal('about')] : null

const PHP_ASKS = `(?:count|first|all|get|exists|latest|oldest|toArray|toJson)\\(\\)|(?:limit|take|find)\\(\\d+\\)|(?:pluck|max|min|sum|avg|orderBy|where|select)\\(${VALUE}(?:, ?${VALUE})*\\)`
const TINKER = new RegExp(`^artisan tinker --execute[= ](?:echo |print |dump\\(|print_r\\(|var_dump\\()?\\\\?(?:App\\\\Models\\\\|App\\\\)?[A-Z]\\w*::(?:${PHP_ASKS})(?:->(?:${PHP_ASKS}))*\\)?;?$`)

/** The same for Laravel: `php artisan tinker --execute="echo App\\Models\\Cart::count();"`. */
export function tinker (words: readonly string[]): readonly Field[] | null {
  const said = words.join(' ')
  return TINKER.test(said) && !SECRET_COLUMN.test(said) ? [literal('php'), literal('artisan'), literal('about')] : null
}

// What is imported is a module of the project's, which running anything of it would load as well.
const DJANGO_ASKS = `(?:count|first|last|exists|all)\\(\\)|(?:filter|exclude)\\(\\w+=${VALUE}(?:, ?\\w+=${VALUE})*\\)|order_by\\(${VALUE}\\)`
const DJANGO = new RegExp(`^(?:\\./)?manage\\.py shell -c from (?!os|sys|subprocess|builtins)\\w+(?:\\.\\w+)*\\.models import ([A-Z]\\w*); ?print\\(\\1\\.(?:objects(?:\\.(?:${DJANGO_ASKS}))+|_meta\\.get_fields\\(\\)|__doc__)\\)$`)

/** The same for Django: `manage.py shell -c "from shop.models import Cart; print(Cart.objects.count())"`. */
export function django (words: readonly string[]): readonly Field[] | null {
  const said = words.join(' ')
  return DJANGO.test(said) && !SECRET_COLUMN.test(said) ? [literal('manage.py'), literal('check')] : null
}

/** Frameworks asked one thing about the records of the project, by program: a chain of methods that are all known to only ask. */
export const MODEL_LOOKS: Readonly<Record<string, (words: readonly string[]) => readonly Field[] | null>> = { rails, 'bin/rails': rails, './bin/rails': rails }
