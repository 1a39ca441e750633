import { words } from '../words.ts'

/** Words of Ruby that start nothing. Loops without an end of their own are left out. */
export const RUBY_KEYWORDS = words('if unless else elsif end do then case when for in and or not nil true false next break return begin rescue ensure raise yield self def class module while until')

/** Functions that may be called by their names alone. */
export const RUBY_FUNCTIONS = words('puts print p pp printf format sprintf require Integer Float String Array rand lambda proc BigDecimal Rational Complex Hash attr_reader attr_accessor attr_writer include private public protected private_constant module_function')

/** Libraries that only compute. */
export const RUBY_LIBRARIES = words('json yaml psych set time date csv pp digest digest/sha2 digest/md5 securerandom bigdecimal prime benchmark stringio English uri ostruct forwardable matrix shellwords base64 zlib ripper timeout tsort delegate bigdecimal/util strscan io/console/size')

/** Methods of values of whatever class; none takes the name of another as text. */
export const RUBY_METHODS = words('each map select reject filter filter_map flat_map sum count size length first last min max min_by max_by minmax sort sort_by reverse uniq compact flatten group_by partition each_with_index each_with_object each_slice each_cons with_index zip take drop take_while drop_while ' +
  'include? member? any? all? none? one? empty? nil? find detect find_index index rindex keys values key? has_key? value? key fetch dig to_a to_h to_s to_i to_f to_set join split strip lstrip rstrip chomp chop chars lines bytes upcase downcase capitalize swapcase gsub sub tr delete squeeze start_with? end_with? match match? scan slice ' +
  'transform_values transform_keys invert merge push pop shift unshift append prepend concat insert delete_if keep_if tally round floor ceil truncate abs divmod modulo zero? positive? negative? even? odd? between? clamp times upto downto step succ pred ljust rjust center inspect class name freeze dup itself ' +
  'each_char each_line each_key each_value each_pair entries product combination permutation transpose rotate sample shuffle values_at to_json to_yaml iso8601 strftime year month day hour sec wday yday utc to_time to_date encode force_encoding valid_encoding? unpack unpack1 pack ord chr hex oct bytesize captures named_captures pre_match post_match ' +
  'headers fdiv gcd lcm digits bit_length pow chunk_while slice_when nonzero? is_a? kind_of? eql? equal? add? union difference intersection subset? superset? add puts print printf inject reduce hash casecmp? casecmp delete_prefix delete_suffix rpartition next_day prev_day tally_by each_entry filter! map! sort! uniq! compact! sort_by! reverse! select! reject! gsub! sub! strip! chomp! upcase! downcase! update store default grep grep_v ' +
  'getlocal localtime getutc getgm gmtime utc_offset zone to_datetime next_year prev_year next_month prev_month next_week mon leap? jd cwday cweek to_r to_c rationalize numerator denominator encoding each_byte codepoints unicode_normalize message backtrace full_message members with lazy eager force host path query scheme port fragment segments release bump tr_s collect find_all collect_concat cover? exclude_end? end begin then tap compare_by_identity fetch_values except real utime stime total undump dump ceildiv nobits? allbits? anybits? byteslice getbyte setbyte scan_until hexdigest base64digest each_grapheme_cluster grapheme_clusters squish instance_of? frozen? object_id to_sym assoc rassoc flatten! bsearch bsearch_index repeated_combination slice! delete_at rotate! shuffle! rewind string report by_col by_row')

/** Those that take an operator, or the name of a method, to go on with. */
export const RUBY_SUMS = words('inject reduce')

/** Classes by what may be called of them. */
export const RUBY_CLASSES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['File', words('read write readlines foreach exist? file? directory? basename dirname extname size join zero?')],
  ['Dir', words('glob children exist?')],
  ['YAML', words('load_file safe_load_file safe_load dump')],
  ['JSON', words('parse generate pretty_generate load_file')],
  ['CSV', words('read foreach table parse parse_line')],
  ['Hash', words('new')], ['Array', words('new')], ['Set', words('new')], ['String', words('new')],
  ['Integer', words('sqrt')], ['Float', words('')], ['Numeric', words('')], ['Symbol', words('')], ['NilClass', words('')], ['Float::INFINITY', words('')],
  ['Time', words('now at parse utc mktime gm iso8601 new')], ['Date', words('today parse new strptime iso8601 valid_date?')], ['DateTime', words('now parse')],
  ['Math', words('sqrt log log2 log10 sin cos tan hypot cbrt exp')], ['Math::PI', words('')],
  ...['SHA256', 'MD5', 'SHA1', 'SHA512'].map((name) => [`Digest::${name}`, words('hexdigest base64digest file')] as const),
  ['SecureRandom', words('hex uuid alphanumeric')], ['Regexp', words('escape union')], ['RUBY_VERSION', words('')], ['RUBY_PLATFORM', words('')],
  ['URI', words('parse join encode_www_form encode_www_form_component decode_www_form decode_www_form_component split regexp')],
  ['BigDecimal', words('')], ['Rational', words('')], ['Complex', words('')], ['Gem::Version', words('new correct?')], ['Gem::Requirement', words('new default')], ['Gem::Dependency', words('new')],
  ['Benchmark', words('measure realtime bm bmbm benchmark')], ['Comparable', words('')], ['Enumerable', words('')], ['Struct', words('new')], ['Data', words('define')], ['OpenStruct', words('new')], ['Range', words('new')], ['Enumerator', words('new')], ['StringIO', words('new')],
  ['Base64', words('encode64 decode64 strict_encode64 strict_decode64 urlsafe_encode64 urlsafe_decode64')], ['Zlib', words('crc32 adler32')], ['Random', words('new rand')], ['Shellwords', words('split escape join')], ['Ripper', words('sexp sexp_raw lex tokenize')], ['Matrix', words('')], ['StringScanner', words('new')],
  ['Process', words('clock_gettime')], ['Process::CLOCK_MONOTONIC', words('')], ['RUBY_ENGINE', words('')], ['RUBY_PATCHLEVEL', words('')], ['Encoding::UTF_8', words('')], ['Encoding::ASCII_8BIT', words('')], ['Float::EPSILON', words('')], ['Float::NAN', words('')], ['Float::MAX', words('')], ['Float::DIG', words('')], ['Math::E', words('')],
  ...'StandardError ArgumentError TypeError ZeroDivisionError NoMethodError KeyError IndexError RuntimeError NameError RangeError FrozenError StopIteration NotImplementedError FloatDomainError EncodingError UncaughtThrowError NoMatchingPatternError NoMatchingPatternKeyError FiberError Exception JSON::ParserError Date::Error CSV::MalformedCSVError Psych::SyntaxError Psych::DisallowedClass URI::InvalidURIError Errno::ENOENT'.split(' ').map((name) => [name, words('new')] as const),
  ['$stdout', words('puts print printf')], ['$stderr', words('puts print printf')],
])

/** Those whose first argument names a file or a folder. */
export const RUBY_PLACES = words('File.read File.readlines File.foreach File.exist? File.file? File.directory? File.size File.zero? Dir.children Dir.exist? YAML.load_file YAML.safe_load_file JSON.load_file CSV.read CSV.foreach CSV.table Digest::SHA256.file Digest::MD5.file Digest::SHA1.file Digest::SHA512.file')

/** Methods that every value has, and that start, open, load or reach into more than they compute: no method of a text is called so. */
export const RUBY_TAKEN = words('abort alias_method at_exit autoload autoload? binding binread binwrite caller caller_locations callcc catch chdir chroot class_eval class_exec const_get const_missing const_set copy_stream define_method define_singleton_method display eval exec exit exit! extend extended fork gets glob included inherited instance_eval instance_exec instance_method instance_variable_get instance_variable_set load method method_added method_missing methods module_eval module_exec ' +
  'new open popen prepend prepended public_method public_send putc read readline readlines remove_const remove_method require require_relative respond_to_missing? select send __send__ set_trace_func singleton_method singleton_method_added sleep spawn srand syscall sysread system test throw to_path to_proc to_str trace_var trap undef_method unlink untrace_var warn write gem Pathname URI format sprintf allocate')
