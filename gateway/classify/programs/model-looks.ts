import { onlyAsksRecords } from '../languages/ruby/rails-questions.ts'
import { literal, type Field } from '../shell/facts.ts'

const MAX_ASKED = 400 // characters of one question

// Values written out; a column that holds what nobody should see is none that is asked for.
const VALUE = '(?:-?\\d{1,9}(?:\\.\\d+)?|\'[^\'\\\\]*\'|"[^"\\\\#$]*"|true|false|nil|null)'
export const SECRET_COLUMN = /pass(?:word|wd|phrase)?|secret|token|digest|salt|api_?key|private|credential|\bENV\b/i

// Texts, numbers, names and times that are written out, one by one, in lists, and by names.
// A text may be a piece of a statement, which calls no function of the database.
const RUBY_TEXT = '(?:-?\\d{1,9}(?:\\.\\d+)?|\'[^\'\\\\();]*\'|"[^"\\\\#$();]*"|true|false|nil)'
const RUBY_ONE = `(?:${RUBY_TEXT}|:\\w+|Date\\.today|Time\\.(?:now|current)|\\d+\\.(?:day|week|month|year|hour|minute)s?\\.ago)`
const RUBY_VALUE = `(?:\\[(?:${RUBY_ONE}(?:, ?${RUBY_ONE})*)?\\]|${RUBY_ONE})`
const RUBY_GIVEN = `(?:(?:\\w+: ?)?${RUBY_VALUE}(?:, ?(?:\\w+: ?)?${RUBY_VALUE})*)`
// Methods of Rails models that only ask; any other could do whatever the project has it do.
const RUBY_ASKS = `(?:(?:count|first|last|all|size|length|name|class|inspect|to_s|to_a|to_sql|to_h|keys|values|sort|uniq|compact|explain|none\\?|exists\\?|any\\?|empty\\?|present\\?|nil\\?|valid\\?|column_names|table_name|attribute_names|reflect_on_all_associations|validators|distinct|errors|full_messages|id|ids|created_at|updated_at)|(?:order|limit|offset|pluck|sum|group|minimum|maximum|average|select|where|not|find_by|find|first|last|joins|left_joins|includes|preload|eager_load|references|having|exists\\?|take|reorder|count|pick|human_attribute_name|new)\\(${RUBY_GIVEN}\\)|where|map\\(&:(?:name|id|to_s|to_sym|class|macro|type|size|inspect|title|status)\\))`
const RUBY_MODEL = '(?!(?:File|IO|Dir|Process|Kernel|Object|Etc|ENV|Marshal|Open3|Net|URI|Socket|Class|Module|Binding|ObjectSpace|GC|Signal|Thread|RubyVM|Rails|ActiveRecord|ActionMailer|ActiveStorage|ActiveJob|ActiveSupport|Gem|Bundler|YAML|JSON|CSV|ERB|Tempfile|FileUtils|Pathname|Shellwords|PTY|Redis|Faraday|HTTParty|RestClient|Aws)\\b)[A-Z]\\w*(?:::[A-Z]\\w*)*'
const RUBY_CHAIN = `(?:${RUBY_MODEL}(?:&?\\.${RUBY_ASKS})+|Rails\\.(?:env|version|root)|ActiveRecord::Base\\.connection\\.(?:(?:tables|data_sources|views|adapter_name|current_database)|(?:indexes|columns|primary_key|table_exists\\?|foreign_keys)\\((?::\\w+|['"]\\w+['"])\\))(?:\\.(?:sort|size|count|inspect|first|last|map\\(&:name\\)))*|Rails\\.application\\.routes\\.url_helpers\\.\\w+_path(?:\\(${RUBY_GIVEN}\\))?)`
const RUBY_SHOWN = `(?:puts|p|pp|print)(?: ${RUBY_CHAIN}| ?\\(${RUBY_CHAIN}\\))`
const RUBY_EACH = `${RUBY_CHAIN}\\.each (?:\\{ ?\\|(\\w+)\\| (?:puts|p) \\w+(?:\\.(?:inspect|to_s|id|name|title|status|created_at))? ?\\}|do \\|(\\w+)\\|;? (?:puts|p) \\w+;? end)`
const RAILS = new RegExp(`^(?:runner|r) (?:${RUBY_SHOWN}|${RUBY_EACH})(?:; ?(?:${RUBY_SHOWN}|${RUBY_EACH}))*;?$`)

function rails (words: readonly string[]): readonly Field[] | null {
  const [verb = '', text = '', ...more] = words
  if (!/^r(?:unner)?$/.test(verb) || more.length > 0 || text.length > MAX_ASKED || SECRET_COLUMN.test(text)) return null
  return RAILS.test(words.join(' ')) || onlyAsksRecords(text) ? [literal('rails'), literal('about')] : null
}

const PHP_VALUE = `(?:\\[(?:${VALUE}(?:, ?${VALUE})*)?\\]|${VALUE})`
const PHP_ASKS = `(?:count|first|all|get|exists|latest|oldest|toArray|toJson|toSql|toRawSql|query|distinct|getBindings|doesntExist|withTrashed|dump)\\(\\)|(?:limit|take|skip|find)\\(\\d+\\)|(?:pluck|max|min|sum|avg|orderBy|orderByDesc|where|whereIn|whereNull|whereNotNull|whereHas|whereDate|orWhere|select|with|withCount|has|groupBy|latest|oldest|value)\\(${PHP_VALUE}(?:, ?${PHP_VALUE})*\\)`
const PHP_MODEL = '\\\\?(?:App\\\\Models\\\\|App\\\\)?(?!(?:DB|File|Storage|Artisan|Process|Http|Mail|Cache|Redis|Queue|Crypt|Config|Log|Route|Schema|Auth|Session|Cookie|Event|Bus|Hash|URL|View|Broadcast|Notification|Password|Gate|Lang|Closure|ReflectionClass)\\b)[A-Z]\\w*'
const PHP_CHAIN = `(?:${PHP_MODEL}::(?:${PHP_ASKS})|(?:\\\\?(?:Illuminate\\\\Support\\\\Facades\\\\)?(?:DB::table\\(${PHP_VALUE}\\)|Schema::(?:getColumnListing|hasTable|hasColumn|getTables|getColumns|getIndexes)\\((?:${PHP_VALUE}(?:, ?${PHP_VALUE})*)?\\))))(?:->(?:${PHP_ASKS}))*`
const TINKER = new RegExp(`^artisan tinker --execute[= ](?:(?:echo |print )?${PHP_CHAIN}|(?:dump|dd|print_r|var_dump)\\(${PHP_CHAIN}\\)|echo json_encode\\(${PHP_CHAIN}\\));?$`)

/** The same for Laravel: `php artisan tinker --execute="echo App\\Models\\Cart::count();"`. */
export function tinker (words: readonly string[]): readonly Field[] | null {
  const said = words.join(' ')
  return said.length <= MAX_ASKED && TINKER.test(said) && !SECRET_COLUMN.test(said) ? [literal('php'), literal('artisan'), literal('about')] : null
}

/** Frameworks asked one thing about the records of the project, by program: a chain of methods that are all known to only ask. */
export const MODEL_LOOKS: Readonly<Record<string, (words: readonly string[]) => readonly Field[] | null>> = { rails, 'bin/rails': rails, './bin/rails': rails }
