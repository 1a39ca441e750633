import { readRubyTokens } from './tokens.ts'
import { readPlainRuby } from './plain-ruby.ts'
import { TooMuch } from '../too-much.ts'

// Ruby's own, the framework's, and what packages bring that opens, sends or stores.
const NOT_OWN = /^(?:File|FileUtils|FileTest|IO|Dir|Process|Kernel|Object|BasicObject|Etc|ENV|ARGV|ARGF|DATA|Marshal|Open3|Net|URI|Socket|\w*Socket|\w*Server|Class|Module|Binding|Method|Proc|ObjectSpace|GC|Signal|Thread|Fiber|Ractor|RubyVM|TracePoint|Rails|Active\w+|Action\w+|Gem|Bundler|YAML|Psych|JSON|Oj|CSV|ERB|Tempfile|Pathname|Shellwords|PTY|Redis|Sidekiq|Resque|GoodJob|SolidQueue|DelayedJob|Delayed|Faraday|HTTP\w*|Httpx|Typhoeus|Excon|RestClient|Aws|Google|Stripe|Twilio|Slack|Kafka|Bunny|Mail|Mechanize|Zip|Rake|Thor|Capistrano|Webpacker|Sentry|Vault|Dotenv|Figaro|Devise|Warden|Rack|Concurrent|Zeitwerk|Spring|I18n|Fiddle|FFI|RbConfig|SecureRandom|OpenSSL|Errno|DRb|WEBrick|Puma|PG|Mysql2|SQLite3|Sequel|Mongo\w*|Elasticsearch|Searchkick|Flipper|Paperclip|CarrierWave|Shrine|MiniMagick|Vips|Liquid|Haml|Slim|Nokogiri)(?:::|$)|(?:Job|Mailer|Worker|Client|Uploader|Importer|Exporter|Migration|Task|Command|Service)(?:::|$)/
// What changes records, hands the database a text, or calls what a text names; and all columns at once.
const DOES = /!$|^(?:(?:add|apply|archive|assign|ban|bill|close|complete|disable|enable|expire|fix|generate|grant|make|mark|promote|rebuild|recalculate|reindex|revoke|seed|set|ship|start|stop|suspend|ban|prune|sweep|export|import|migrate|merge|move|remove|rename|restore|retry|schedule|submit|transfer|trigger|upload|unlock|wipe)(?:_\w+)?|a?(?:create|update|save|insert|upsert|destroy|delete|touch|increment|decrement|toggle)(?:_\w+)?[!?]?|find_or_create_by!?|(?:first|find)_or_\w+!?|create_or_find_by!?|write_attribute|assign_attributes|execute|exec_\w+|find_by_sql|count_by_sql|connection\w*|lease_connection|with_connection|transaction|lock!?|with_lock|deliver\w*|perform\w*|enqueue\w*|constantize|safe_constantize|classify|try!?|reload|raw|attributes|as_json|to_json|to_xml|serializable_hash|Arel|instance_values|broadcast\w*|attach|purge\w*|from|optimizer_hints|annotate|in_batches|find_each|approve!?|pay!?|charge!?|refund!?|cancel!?|confirm!?|notify\w*|process\w*|sync\w*|clear\w*|reset\w*|truncate\w*)$/

/** Whether a text for a shell that knows the project's records only asks them. Each of its texts may be part of a statement, which then calls no function of the database. */
export function onlyAsksRecords (text: string): boolean {
  try {
    const plain = readRubyTokens(text).every((tokens) => tokens.every(({ kind, text: said }) => kind === 'name' || kind === 'symbol' ? !DOES.test(said) : kind !== 'string' || !/[(;\\]|--/.test(said)))
    if (!plain) return false
  } catch (error) {
    if (error instanceof TooMuch) return false
    throw error
  }
  const script = readPlainRuby(text, null, (name) => !NOT_OWN.test(name))
  return script !== null && script.reads.length === 0 && script.writes.length === 0
}
