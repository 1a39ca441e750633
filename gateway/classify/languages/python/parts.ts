const parts = (text: string): RegExp => new RegExp(`^(?:${text.trim().split(/\s+/).join('|')})$`)

/**
 * Packages that do more than to compute, such as to serve or to ask, with the parts of them that everybody tries out and that
 * only compute, by their dotted names below the package.
 */
export const PACKAGE_PARTS: ReadonlyMap<string, RegExp> = new Map([
  ['click', parts('testing testing\\.CliRunner core types decorators exceptions formatting (?:\\w+\\.)?(?:group|command|option|argument|pass_context|pass_obj|make_pass_decorator|version_option|help_option|confirmation_option|echo|secho|style|unstyle|Choice|IntRange|FloatRange|Tuple|DateTime|UUID|STRING|INT|FLOAT|BOOL|UNPROCESSED|ParamType|Context|Group|Command|MultiCommand|CommandCollection|Option|Argument|Parameter|ParameterSource|UsageError|BadParameter|BadArgumentUsage|BadOptionUsage|ClickException|Abort|Exit|NoSuchOption|MissingParameter|Path|get_current_context|HelpFormatter|wrap_text|progressbar)')],
  ['typer', parts('testing testing\\.CliRunner Typer Option Argument Context Exit Abort BadParameter echo secho style')],
  ['flask', parts('views views\\.(?:Method)?View json json\\.(?:jsonify|dumps|loads) globals globals\\.request testing testing\\.FlaskClient Flask Blueprint Response Request jsonify request url_for g session abort redirect make_response current_app has_request_context has_app_context flash get_flashed_messages after_this_request copy_current_request_context stream_with_context signals signals\\.\\w+')],
  ['fastapi', parts('testclient testclient\\.TestClient responses responses\\.(?:JSON|HTML|PlainText|Redirect|Streaming|ORJSON|UJSON)?Response encoders encoders\\.jsonable_encoder security security\\.\\w+ exceptions exceptions\\.\\w+ exception_handlers middleware middleware\\.(?:cors|gzip|trustedhost)(?:\\.\\w+)? routing routing\\.API(?:Route|Router|WebSocketRoute) params params\\.\\w+ datastructures datastructures\\.\\w+ dependencies dependencies\\.\\w+(?:\\.get_\\w+)? openapi openapi\\.(?:utils|models)(?:\\.\\w+)? FastAPI APIRouter Depends HTTPException Query Path Body Header Cookie Form File UploadFile Request Response Security status status\\.\\w+ BackgroundTasks WebSocket WebSocketDisconnect WebSocketException')],
  ['starlette', parts('testclient testclient\\.TestClient applications applications\\.Starlette responses responses\\.(?:JSON|HTML|PlainText|Redirect|Streaming)?Response requests requests\\.Request routing routing\\.(?:Route|Router|Mount|Host|WebSocketRoute) exceptions exceptions\\.\\w+ datastructures datastructures\\.\\w+ middleware middleware\\.(?:Middleware|base|cors|gzip|base\\.BaseHTTPMiddleware|cors\\.CORSMiddleware|gzip\\.GZipMiddleware) status status\\.\\w+ websockets websockets\\.WebSocket background background\\.Background\\w+ convertors convertors\\.\\w+ types types\\.\\w+')],
  ['werkzeug', parts('routing routing\\.\\w+ datastructures datastructures\\.\\w+ test test\\.(?:Client|EnvironBuilder|create_environ|TestResponse|encode_multipart) exceptions exceptions\\.\\w+ http http\\.\\w+ urls urls\\.\\w+ wrappers wrappers\\.(?:Request|Response) security security\\.(?:generate_password_hash|check_password_hash|safe_join) utils utils\\.(?:secure_filename|cached_property|escape|unescape|redirect|append_slash_redirect) formparser formparser\\.\\w+ sansio sansio\\.\\w+(?:\\.\\w+)? wsgi wsgi\\.\\w+ local local\\.\\w+ useragents useragents\\.UserAgent')],
  ['requests', parts('utils utils\\.(?:unquote_header_value|parse_dict_header|parse_list_header|get_encoding_from_headers|get_encodings_from_content|guess_json_utf|to_key_val_list|from_key_val_list|dict_to_sequence|super_len|requote_uri|unquote_unreserved|address_in_network|dotted_netmask|is_ipv4_address|is_valid_cidr|default_user_agent|default_headers|parse_header_links|prepend_scheme_if_needed|get_auth_from_url|to_native_string|check_header_validity|urldefragauth|iter_slices|select_proxy|stream_decode_response_unicode|dict_from_cookiejar|add_dict_to_cookiejar|_parse_content_type_header|should_bypass_proxies) models models\\.(?:Request|PreparedRequest|Response|RequestEncodingMixin) structures structures\\.(?:CaseInsensitiveDict|LookupDict) cookies cookies\\.(?:cookiejar_from_dict|RequestsCookieJar|create_cookie|merge_cookies|morsel_to_cookie) exceptions exceptions\\.\\w+ auth auth\\.(?:HTTPBasicAuth|HTTPDigestAuth|HTTPProxyAuth|_basic_auth_str) hooks hooks\\.(?:default_hooks|dispatch_hook) status_codes codes Request PreparedRequest Response')],
  ['jinja2', parts('utils utils\\.(?:htmlsafe_json_dumps|urlize|pass_context) exceptions exceptions\\.\\w+ StrictUndefined Undefined ChainableUndefined DebugUndefined select_autoescape pass_context pass_environment TemplateError UndefinedError TemplateSyntaxError TemplateNotFound TemplateRuntimeError')],
  ['httpx', parts('URL Headers QueryParams Cookies Request Response Timeout Limits codes codes\\.\\w+')],
  ['aiohttp', parts('web web\\.(?:Application|RouteTableDef|Response|json_response|Request|StreamResponse|middleware|HTTP\\w+|get|post|put|delete|patch|route|AppKey) test_utils test_utils\\.make_mocked_request hdrs hdrs\\.\\w+ FormData')],
  ['django', parts('apps apps\\.apps conf conf\\.settings db db\\.models db\\.models\\.(?:Count|Sum|Avg|Min|Max|F|Q|Value|Case|When|Exists|OuterRef|Subquery|Prefetch|Window|CharField|IntegerField|functions|functions\\.[A-Z]\\w+|expressions|expressions\\.(?:F|Value|OuterRef|Subquery|Exists|Window|Case|When)|aggregates|aggregates\\.\\w+|query_utils|query_utils\\.Q|lookups) urls urls\\.(?:reverse|resolve|path|get_resolver|reverse_lazy|NoReverseMatch) utils utils\\.(?:timezone|text|html|dateparse|safestring|encoding|formats|numberformat|translation|functional|http|duration|datastructures|dates|timesince|crypto|version|dateformat)(?:\\.(?!import|load|run|get_random|open)\\w+)? core core\\.(?:exceptions|validators|paginator|signing)(?:\\.\\w+)? contrib contrib\\.auth contrib\\.auth\\.(?:get_user_model|models|models\\.(?:User|Group|Permission)) contrib\\.contenttypes contrib\\.contenttypes\\.models contrib\\.contenttypes\\.models\\.ContentType template template\\.Context test test\\.(?:TestCase|SimpleTestCase|TransactionTestCase|RequestFactory|Client|override_settings|tag)')],
])

/** Parts that are values, of which more is asked by the names of what they hold. */
export const PACKAGE_VALUES = /^(?:django\.apps\.apps|flask\.(?:globals\.)?(?:request|g|session|current_app)|requests\.codes)$/

/** Names that are harmless in one package and not so in others. */
const HARMLESS: ReadonlyMap<string, RegExp> = new Map([
  ['scipy', parts('signal signal\\.(?:windows\\.)?\\w+')],
  ['shapely', parts('ops wkt wkb geojson from_wkt to_wkt to_geojson from_geojson wkt\\.loads wkt\\.dumps')],
  ['dateutil', parts('parser parser\\.(?:parse|isoparse|parser|parserinfo|ParserError|UnknownTimezoneWarning|isoparser)')],
  ['rich', parts('console console\\.Console')],
  ['networkx', parts('(?:convert(?:_matrix)?\\.)?to_(?:dict_of_lists|dict_of_dicts|edgelist|numpy_array|pandas_\\w+|scipy_sparse_array|directed|undirected|nested_tuple|prufer_sequence)')],
  ['marshmallow', parts('(?:decorators\\.)?(?:pre|post)_(?:load|dump)')],
  ['torch', parts('backends backends\\.(?:mps|cuda|cudnn|mkl|mkldnn|openmp)(?:\\.(?:is_available|version|enabled|deterministic|benchmark))? utils utils\\.data utils\\.data\\.\\w+')],
  ['numpy', parts('testing testing\\.assert_\\w+ show_config show_runtime')],
  ['pandas', parts('testing testing\\.assert_\\w+ api api\\.types api\\.types\\.\\w+ errors errors\\.\\w+ tseries tseries\\.\\w+ tseries\\.\\w+\\.\\w+')],
  ['sklearn', parts('show_versions utils utils\\.(?:shuffle|resample|check_array|check_X_y|check_random_state|estimator_checks|validation|class_weight|multiclass|extmath|fixes|metaestimators|_testing|Bunch|murmurhash3_32)(?:\\.(?!_|load|run|read|import)\\w+)?')],
  ['astropy', parts('utils utils\\.(?:decorators|masked|data_info|misc|compat)(?:\\.(?!_|load|run|read|import|get_|open)\\w+)? io\\.fits\\.(?:Header|Card|PrimaryHDU|ImageHDU|BinTableHDU|HDUList|Column)')],
  ['pygments', parts('lexers lexers\\.\\w+Lexer lexers\\.(?:get_lexer_by_name|guess_lexer|get_all_lexers) token token\\.\\w+')],
  ['attr', parts('validators validators\\.\\w+ converters converters\\.\\w+')],
  ['lxml', parts('html html\\.(?:fromstring|tostring|fragment_fromstring|fragments_fromstring|document_fromstring|HtmlElement|builder)')],
  ['pytest', parts('mark\\.\\w+')],
  ['cryptography', parts('fernet fernet\\.Fernet')],
])

/** Whether a part of a package, by its dotted name below it, is one that only computes though other names like it do not. */
export function isHarmlessPart (name: string): boolean {
  const [head = '', ...rest] = name.split('.')
  return HARMLESS.get(head)?.test(rest.join('.')) === true
}
