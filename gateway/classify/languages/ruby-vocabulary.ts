const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Words of Ruby that start nothing. Loops without an end of their own are left out. */
export const RUBY_KEYWORDS = words('if unless else elsif end do then case when and or not nil true false next break return begin')

/** Functions that may be called by their names alone. */
export const RUBY_FUNCTIONS = words('puts print p pp printf format sprintf require Integer Float String Array rand lambda proc')

/** Libraries that only compute. */
export const RUBY_LIBRARIES = words('json yaml psych set time date csv pp digest digest/sha2 digest/md5 securerandom bigdecimal prime benchmark stringio English')

/** Methods of values of whatever class; none takes the name of another as text. */
export const RUBY_METHODS = words('each map select reject filter filter_map flat_map sum count size length first last min max min_by max_by minmax sort sort_by reverse uniq compact flatten group_by partition each_with_index each_with_object each_slice each_cons with_index zip take drop take_while drop_while ' +
  'include? member? any? all? none? one? empty? nil? find detect find_index index rindex keys values key? has_key? value? key fetch dig to_a to_h to_s to_i to_f to_set join split strip lstrip rstrip chomp chop chars lines bytes upcase downcase capitalize swapcase gsub sub tr delete squeeze start_with? end_with? match match? scan slice ' +
  'transform_values transform_keys invert merge push pop shift unshift append prepend concat insert delete_if keep_if tally round floor ceil truncate abs divmod modulo zero? positive? negative? even? odd? between? clamp times upto downto step succ pred ljust rjust center inspect class name freeze dup itself ' +
  'each_char each_line each_key each_value each_pair entries product combination permutation transpose rotate sample shuffle values_at to_json to_yaml iso8601 strftime year month day hour sec wday yday utc to_time to_date encode force_encoding valid_encoding? unpack unpack1 pack ord chr hex oct bytesize captures named_captures pre_match post_match ' +
  'headers fdiv gcd lcm digits bit_length pow chunk_while slice_when nonzero? is_a? kind_of? eql? equal? union difference intersection subset? superset? add puts print printf inject reduce hash casecmp? casecmp delete_prefix delete_suffix partition rpartition next_day prev_day sum tally_by each_entry filter! map! sort! uniq! compact! sort_by! reverse! select! reject! gsub! sub! strip! chomp! upcase! downcase! update store default succ grep grep_v')

/** Those that take an operator, or the name of a method, to go on with. */
export const RUBY_SUMS = words('inject reduce')

/** Classes by what may be called of them. */
export const RUBY_CLASSES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['File', words('read readlines foreach exist? file? directory? basename dirname extname size join zero?')],
  ['Dir', words('glob children exist?')],
  ['YAML', words('load_file safe_load_file safe_load dump')],
  ['JSON', words('parse generate pretty_generate load_file')],
  ['CSV', words('read foreach table parse parse_line')],
  ['Hash', words('new')], ['Array', words('new')], ['Set', words('new')], ['String', words('new')],
  ['Integer', words('sqrt')], ['Float', words('')], ['Numeric', words('')], ['Symbol', words('')], ['NilClass', words('')], ['Float::INFINITY', words('')],
  ['Time', words('now at parse utc mktime gm iso8601 new')], ['Date', words('today parse new strptime iso8601 valid_date?')], ['DateTime', words('now parse')],
  ['Math', words('sqrt log log2 log10 sin cos tan hypot cbrt exp')], ['Math::PI', words('')],
  ['Digest::SHA256', words('hexdigest')], ['Digest::MD5', words('hexdigest')], ['Digest::SHA1', words('hexdigest')],
  ['SecureRandom', words('hex uuid alphanumeric')], ['Regexp', words('escape union')], ['RUBY_VERSION', words('')], ['RUBY_PLATFORM', words('')],
  ['$stdout', words('puts print printf')], ['$stderr', words('puts print printf')],
])

/** Those whose first argument names a file or a folder. */
export const RUBY_PLACES = words('File.read File.readlines File.foreach File.exist? File.file? File.directory? File.size File.zero? Dir.children Dir.exist? YAML.load_file YAML.safe_load_file JSON.load_file CSV.read CSV.foreach CSV.table')
