"""Letters of other scripts that the eye takes for Latin ones: a selection for what sellers really use.

Compatibility forms (full width, mathematical, circled, superscript) are not here: NFKC knows them.
"""

from __future__ import annotations

#: Latin letter: small letters, and capitals whose small letter looks like another one.
_LOOKALIKES = {
    "a": "аαɑᴀΑᎪꓮⲁա",
    "b": "вьъβʙƅΒᏴꓐⲃ",
    "c": "сϲᴄᏟꓚⲥↄ¢",
    "d": "ԁɗđðᴅᎠꓓժ",
    "e": "еєэɛεᴇΕᎬꓰⲉҽəзɘ€",
    "f": "ғƒϝꜰꓝք",
    "g": "ɡցɢᏀꓖɠ",
    "h": "һнհʜΗᎻꓧħҺ",
    "i": "іιıɩɪΙӏᎥꓲⲓɨ¡",
    "j": "јϳյᴊᎫꓙʝ",
    "k": "кκқҝᴋΚᏦꓗⲕҡ",
    "l": "łʟᏞꓡɭƚℓլ",
    "m": "мᴍϻΜᎷꓟⲙ",
    "n": "ηпɴΝꓠոռиŋңɲ",
    "o": "оοօᴏσøөΟꓳⲟ",
    "p": "рρᴘΡᏢꓑⲣ",
    "q": "ԛգզʠ",
    "r": "гᴦʀᎡꓣяɾ",
    "s": "ѕꜱᏚꓢʂտ§",
    "t": "тτᴛΤᎢꓔⲧŧէ",
    "u": "υսцᴜμꓴʋ",
    "v": "νѵᴠᏙꓦ",
    "w": "ԝшщωᴡᎳꓪɯѡ",
    "x": "хχҳΧꓫⲭ×",
    "y": "уγүұʏΥꓬყ¥",
    "z": "ᴢΖᏃꓜƶʐζ",
}
#: Look-alike: its Latin letter.
LATIN_OF = {lookalike: letter for letter, row in _LOOKALIKES.items() for lookalike in row}
#: Letters that are written as two.
SPELT_OUT = {"æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij", "ы": "bi", "ю": "io"}
#: Digits and signs written for letters, in the view that ignores how a name is spread.
LETTER_OF = dict(zip("0123456789@$", "oizeasgtbgas", strict=True))
#: Arabic letters that are written one for another.
ARABIC = {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ے": "ي", "ہ": "ه", "ھ": "ه", "ە": "ه"}
#: Traditional characters and their simplified forms, those common in the names of organisations.
_HAN = (
    "國国銀银衛卫亞亚華华電电網网醫医學学業业東东灣湾龍龙門门廣广聯联發发開开證证險险資资財财務务產产"
    "貿贸運运車车飛飞機机場场鐵铁鋼钢藥药療疗養养農农漁渔構构設设計计劃划調调達达遠远進进際际陽阳島岛"
    "馬马魚鱼鳥鸟員员動动勞劳區区縣县鄉乡總总會会報报紙纸視视訊讯雲云數数據据協协個个傳传億亿兩两統统"
    "經经濟济紅红綠绿線线組组織织約约級级絡络維维爾尔獨独環环現现應应點点無无為为熱热萬万葉叶術术裝装"
    "記记許许評评試试詢询誠诚語语說说請请護护讀读變变賓宾賣卖購购質质軍军輪轮軟软輸输辦办過过還还選选"
    "鄭郑鄧邓錢钱鎮镇長长關关陳陈陸陆隊队隨随難难雜杂靜静頭头題题顧顾風风館馆體体黃黄齊齐蘇苏蘭兰薩萨"
)
SIMPLIFIED = dict(zip(_HAN[::2], _HAN[1::2], strict=True))
