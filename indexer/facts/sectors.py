"""The sectors of economy that a listing names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS = {
    "health": "hospice*|dental|dentist*|nursing home|medical group|hospital|hospitals|clinic|clinics|healthcare|health care|ministry of health|pharmacy|pharmaceutical*|medical center|"
    "health insurance|rumah sakit|kesehatan|puskesmas|klinik|apotek|больниц*|клиник*|здравоохранен*|минздрав*|поликлиник*|аптек*|"
    "医院|卫生部|诊所|医疗|药房|hospitales|clínica|clínicas|salud|farmacia*|hospitais|saúde|farmácia*|hôpital|hôpitaux|clinique|"
    "santé|pharmacie*|krankenhaus|مستشفى|المستشفى|مستشفيات|المستشفيات|عيادات|مختبر|الصحة|عيادة|صيدلية",
    "finance": "leasing|multifinance|pembiayaan|лизинг*|кредитн*|贷款|préstamos|empréstimos|bank|banks|banking|finance|financial|fintech|credit union|crypto exchange|stock exchange|broker|perbankan|keuangan|"
    "koperasi|pinjol|банк|банка|банки|банков|банке|финанс*|микрозайм*|银行|金融|证券|网贷|banco|bancos|financier*|finanzas|bancário*|"
    "financeir*|banque|banques|bancaire*|بنك|البنك|مصرف|المالية|بنوك",
    "insurance": "assureur*|mutuelle*|mutual de seguros|plano de saúde|страховщик*|перестрахов*|insurance|insurer|insurers|asuransi|страхов*|保险|seguros|aseguradora*|seguradora*|assurance|assurances|versicherung*|"
    "تأمين",
    "government": "حكومية|حكومي|gouvernemental|gubernamental*|governamental|公共部门|city hall|county|tribunal administratif|ayuntamiento|câmara municipal|government|ministry|ministries|municipality|gov|state agency|tax office|police|pemerintah|kementerian|"
    "dinas|kepolisian|polri|pemprov|pemkab|kominfo|правительств*|министерств*|госуслуг*|мвд|фнс|администраци*|"
    "政府|公安|部委|税务局|gobierno|ministerio|policía|alcaldía|governo|ministério|prefeitura|polícia|gouvernement|ministère|mairie|"
    "préfecture|regierung|behörde*|حكومة|الحكومة|وزارة|الشرطة|بلدية",
    "education": "siswa|pelajar|mahasiswa|pesantren|高校|中学|小学|幼儿园|student records|students|alumnos|estudiantes|alunos|colégio*|collège*|étudiant*|élèves|студент*|طلاب|طلبة|كلية|university|universities|school|schools|college|education|universitas|sekolah|kampus|pendidikan|университет*|школ*|"
    "институт*|образован*|大学|学校|学院|教育|universidad|universidades|colegio|escuela*|educación|universidade|universidades|escola*|"
    "educação|université|universités|école|écoles|lycée|universität*|جامعة|الجامعة|مدرسة|التعليم|مدارس",
    "energy": "energy|electricity|oil and gas|power plant|power company|nuclear|refinery|listrik|energi|pertambangan|minyak|"
    "энерг*|электростанц*|нефт*|газпром*|能源|电力|电网|石油|核电|energía|eléctrica|petróleo|energia|elétrica|énergie|électricité|"
    "pétrole|energieversorg*|طاقة|الطاقة|كهرباء|الكهرباء|النفط|نفط",
    "telecommunications": "provider internet|penyedia internet|мобильного оператора|мобильный оператор|сотового оператора|opérateur télécom|telecom|telecoms|telecommunications|mobile operator|isp|internet provider|telekomunikasi|operator seluler|"
    "provider seluler|телеком*|оператор связи|оператора связи|сотов*|провайдер*|电信|运营商|移动通信|telecomunicaciones|"
    "telecomunicações|operadora*|télécom*|opérateur mobile|telekommunikation|اتصالات|الاتصالات",
    "retail": "clothing store|loja|lojas|tienda|tiendas|boutique|site de e-commerce|market online|متاجر|retail|e-commerce|ecommerce|online store|online stores|online shop|online shops|web shop|webshop|eshop|magento|shopify|marketplace|supermarket|toko online|ritel|belanja online|"
    "интернет-магазин*|магазин*|маркетплейс*|电商|商城|超市|零售|comercio electrónico|tienda online|supermercado*|"
    "comércio eletrônico|loja virtual|loja online|varejo|boutique en ligne|supermarché*|einzelhandel|متجر|تجارة إلكترونية",
    "transport": "entreprise de transport|transporte*|transportad*|delivery service|доставк*|شحن|airline|airlines|airport|airports|railway|railways|logistics|shipping company|ride hailing|maskapai|bandara|kereta api|"
    "logistik|ojek|авиакомпани*|аэропорт*|железн*|логистик*|такси|航空|机场|铁路|物流|快递|aerolínea*|aeropuerto*|ferrocarril*|logística|"
    "companhia aérea|aeroporto*|ferrovia*|compagnie aérienne|aéroport*|logistique|flughafen|خطوط جوية|مطار|طيران|شحن",
    "defence": "military|defense|defence|army|navy|air force|militer|pertahanan|tentara|tni|военн*|минобороны|оборон*|армии|"
    "军队|军事|国防|militar|militares|ejército|defensa|exército|forças armadas|militaire|armée|défense|bundeswehr|عسكري*|الجيش|الدفاع",
    "manufacturing": "manufacturing|manufacturer|factory|factories|automotive|manufaktur|pabrik|завод*|производств*|制造|工厂|汽车|"
    "manufactura|fábrica|fábricas|indústria|usine|usines|fabricant|hersteller|مصنع|مصانع",
    "technology": "software company|it company|hosting provider|cloud provider|saas|data center|perusahaan teknologi|хостинг*|"
    "it-компани*|科技公司|云服务|empresa de software|empresa de tecnología|empresa de tecnologia|hébergeur|شركة تقنية",
    "hospitality": "hotel|hotels|hotel chain|booking|travel agency|tourism|pariwisata|отел*|гостиниц*|турагент*|турфирм*|酒店|旅游|旅行社|"
    "hoteles|turismo|agencia de viajes|hotéis|agência de viagens|hôtel|hôtels|tourisme|agence de voyage|فندق|فنادق|سياحة",
    "gambling": "casino|casinos|betting|gambling|judi|judi online|казино|букмекер*|博彩|赌场|彩票|apuestas|apostas|paris sportifs|قمار|كازينو",
    "media": "newspaper|broadcaster|tv station|media company|surat kabar|stasiun tv|телеканал*|газет*|报社|电视台|periódico|jornal|"
    "chaîne de télévision|صحيفة|قناة تلفزيونية",
    "legal": "law firm|law firms|notary|court|courts|pengadilan|notaris|firma hukum|юридическ*|нотариус*|суд|суда|律师事务所|法院|bufete|"
    "tribunal|tribunales|escritório de advocacia|tribunais|cabinet d'avocats|notaire|notaires|notarías|cartório*|anwaltskanzlei|محكمة|المحكمة|مكتب محاماة",
}
_MOST_SPANS = 10


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Each sector once, with the first ten places that name it."""
    places: dict[str, list[tuple[int, int]]] = {}
    for hit in hits:
        spans = places.setdefault(hit.tag, [])
        if len(spans) < _MOST_SPANS and (not spans or hit.start >= spans[-1][1]):
            spans.append((hit.start, hit.end))
    for sector, spans in places.items():
        yield reading.fact("sector", sector, *sorted(spans))
