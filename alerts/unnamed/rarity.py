"""How much a word of a profile tells: the rarer among all organisations, the more. Pure.

A word's worth is counted in bits: ``log2(1 / share)`` where the share is that of other organisations whose data have it
too. Few profiles are written, so each word is taken as seen among ``_UNWRITTEN`` more, as often as such words are:
a column such as ``email`` in one of four, a word of a dictionary in one of thirty, any other in one of a thousand.
A column that is put together of parts that many have (``tgl_pinjaman_daftar``) may be anybody's though few profiles
have it, and tells less than one with a part of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import Final

from alerts.matching.ordinary import is_ordinary
from indexer.text import words

_UNWRITTEN: Final = 64  # organisations that are not in the watchlist
_EVERYBODYS, _ORDINARY, _OWN = 1 / 4, 1 / 30, 1 / 1024
_MOST: Final = {"columns": 10.0, "files": 10.0, "products": 9.0, "places": 3.0, "serves": 3.0}
_SHORT: Final = {1: 0.0, 2: 1.0, 3: 3.0, 4: 7.0}  # at most so many bits for a word of so few letters
_DICTIONARY: Final = 2.5  # at most for a word that prose has as well
_PUT_TOGETHER: Final = 7.5  # at most for a word all parts of which many have
_MANY: Final = (3, 0.01)  # others, and the share of them, who have a part
#: A word that tells an organisation apart.
TELLS: Final = 5.0

#: Names that stand in tables of everybody, joined and in small letters.
_COMMON = """
id uid uuid guid userid user username login name fullname firstname lastname middlename surname nickname
email emailaddress mail password passwd pass passwordhash hash salt phone phonenumber mobile mobilephone
telephone tel fax address address1 address2 street city town state province region country countrycode
zip zipcode postcode postalcode lat latitude lon lng longitude gender sex dob birthdate dateofbirth
birthday birthplace placeofbirth age religion marital maritalstatus nationality occupation job company
title description status type category code number no num date time datetime timestamp created createdat
createddate createdby createdon updated updatedat updateddate updatedby modified modifiedat deleted
deletedat active isactive enabled role roles level group groupid ip ipaddress useragent lastlogin lastip
token session image photo avatar picture url website notes note comment comments remark remarks amount
price total balance currency quantity qty order orderid customer customerid client clientid member
memberid account accountid accountnumber employee employeeid department position salary bank bankname
bankaccount iban card cardnumber cvv expiry passport passportno passportnumber ssn nationalid idnumber
taxid language lang source value key data file filename path version flag count users customers clients
orders accounts members employees payments transactions products logs admin settings migrations sessions
nik noktp ktp nokk kk npwp nama namalengkap alamat tgllahir tanggallahir tempatlahir tmplahir
jeniskelamin jk agama pekerjaan kota provinsi kabupaten kecamatan kelurahan rt rw kodepos nohp hp notelp
telp telepon statusperkawinan pendidikan umur golongandarah ibukandung namaibu tanggal keterangan
jabatan instansi nombre nombres apellido apellidos correo telefono celular direccion ciudad pais
fechanacimiento fechadenacimiento sexo edad genero cedula dni curp rfc cpf rg nome sobrenome endereco
cidade estado datanascimento nascimento senha usuario contrasena clave fecha estadocivil codigopostal
cep nom prenom adresse ville pays datenaissance telephone motdepasse codepostal sexe courriel vorname
nachname geburtsdatum strasse plz ort telefon geschlecht fio familiya imya otchestvo telefon adres
pasport snils inn dataroshdeniya фамилия имя отчество фио телефон адрес паспорт снилс инн датарождения
пол город почта логин пароль 姓名 性别 手机 手机号 电话 地址 身份证 身份证号 邮箱 密码 生日 年龄 民族 职业 城市
"""
COMMON: Final = frozenset(_COMMON.split())


def joined(word: str) -> str:
    """A word as one run of folded letters: ``No_KA`` and ``no ka`` are ``noka``."""
    return "".join(part.text for part in words(word))


def share(others: int, all_others: int, prior: float) -> float:
    """The share of other organisations that have something: ``others`` of ``all_others`` profiles say so."""
    return (others + prior * _UNWRITTEN) / (all_others + _UNWRITTEN)


def bits(others: int, all_others: int, prior: float, most: float) -> float:
    """What it tells, at most ``most``."""
    return max(0.0, min(most, -log2(share(others, all_others, prior))))


def parts_of(word: str) -> frozenset[str]:
    """What a word is put together of; nothing for one that is not."""
    parts = [part.text for part in words(word)]
    return frozenset(parts) if len(parts) > 1 else frozenset()


def put_together(word: str, holders: Mapping[str, int], all_others: int) -> bool:
    """Whether a word is put together of parts that many have. ``holders``: in how many profiles each part stands."""
    least, share_ = _MANY
    parts = parts_of(word)
    return bool(parts) and all(holders.get(part, 0) - 1 >= max(least, share_ * all_others) for part in parts)


def worth(field: str, word: str, others: int, all_others: int, put_together: bool = False) -> float:
    """What a word of a profile tells in bits. ``others``: how many of the ``all_others`` other profiles have it."""
    run = joined(word)
    most = _MOST[field]
    most = min(most, _SHORT.get(len(run), most)) if run.isascii() else most
    if run in COMMON:
        return bits(others, all_others, _EVERYBODYS, min(most, 2.0))
    parts = [part.text for part in words(word)]
    if len(parts) == 1 and run.isalpha() and run.isascii() and is_ordinary(run):
        return bits(others, all_others, _ORDINARY, min(most, _DICTIONARY))
    return bits(others, all_others, _OWN, min(most, _PUT_TOGETHER) if put_together else most)
