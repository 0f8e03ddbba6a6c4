"""What mail programs write, in the languages they write it in. Lower case; matched by `quote_text`, `forwarded`, `signature`, `kind`."""

from __future__ import annotations

from typing import Final

# The verb of "On <date>, <name> wrote:".
WROTE: Final = (
    "wrote", "writes", "schrieb", "geschrieben", "schreef", "a écrit", "écrit", "a ecrit", "escribió", "escribio", "ha scritto", "scritto",
    "escreveu", "skrev", "skrifaði", "kirjoitti", "написал", "написала", "пишет", "пише", "написав", "писал", "писала", "napisał",
    "napisała", "napisał(a)", "pisze", "napsal", "napsala", "napsal(a)", "napísal", "napísal(a)", "írta", "ezt írta", "a scris", "написа",
    "yazdı", "şunu yazdı", "έγραψε", "εγραψε", "menulis", "đã viết", "viết", "เขียนว่า", "كتب", "كتبت", "写道", "寫道", "書きました",
    "のメール", "님이 작성", "님이 작성함", "작성", "napisao", "napisala", "je napisao", "je napisal", "rašė", "rakstīja", "kirjutas", "escrigué",
    "va escriure", "idatzi du", "scríobh", "נכתב", "כתב", "כתבה", "نوشت", "ने लिखा", "wrote the following", "said",
    "geschreven", "het volgende geschreven", "schreef het volgende", "skrev følgende", "följande", "napísal", "hat geschrieben", "sent",
    "تمت كتابة ما يلي", "מאת",
)  # fmt: skip
# How such a line begins (a date or an address in it serves as well).
OPENERS: Final = (
    "on ", "am ", "le ", "el ", "il ", "em ", "op ", "den ", "dne ", "dnia ", "w dniu ", "på ", "pe ", "la ", "à ", "a ", "il giorno ",
    "pada ", "vào ", "em seg", "в ", "у ", "на ", "στις ", "em qua", "mi ", "ב", "في ", "在 ", "於 ", "år ", "dana ", "dňa ", "tarihinde",
    "il ", "ma ", "to ", "ke ", "pe,", "ti ", "la, ", "su ", "kuupäeval", "ngày ", "เมื่อ ", "at ", "vom ", "il",
)  # fmt: skip
# "-----Original Message-----"
ORIGINAL: Final = (
    "original message", "original mail", "original email", "ursprüngliche nachricht", "ursprungliche nachricht", "originalnachricht",
    "original-nachricht", "originale nachricht", "message d'origine", "message d’origine", "message original", "mensaje original",
    "messaggio originale", "mensagem original", "oorspronkelijk bericht", "origineel bericht", "originalmeddelelse", "original besked",
    "oprindelig meddelelse", "opprinnelig melding", "ursprungligt meddelande", "originalmeddelande", "alkuperäinen viesti",
    "исходное сообщение", "оригинальное сообщение", "пересланное", "wiadomość oryginalna", "oryginalna wiadomość", "původní zpráva",
    "původní e-mail", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original", "orijinal mesaj", "özgün ileti",
    "αρχικό μήνυμα", "pesan asli", "thư gốc", "ข้อความต้นฉบับ", "الرسالة الأصلية", "ההודעה המקורית", "原始邮件", "原始郵件", "邮件原件",
    "元のメッセージ", "original message text", "원본 메시지", "원본 메일", "оригинално съобщение", "originalna poruka", "izvorna poruka",
    "izvirno sporočilo", "antwort erhalten", "reply message", "replied message", "quoted message",
    "antwort nachricht", "original-mail", "message initial", "messaggio di origine", "mensagem original", "original e-mail",
    "původní message",
)  # fmt: skip
# "---------- Forwarded message ---------"
FORWARDED: Final = (
    "forwarded message", "begin forwarded message", "forwarded by", "forwarded email", "original message forwarded",
    "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "weitergeleitete e-mail", "message transféré",
    "début du message transféré", "début du message réexpédié", "message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado",
    "messaggio inoltrato", "inizio messaggio inoltrato", "mensagem encaminhada", "início da mensagem encaminhada",
    "mensagem reencaminhada", "doorgestuurd bericht", "begin doorgestuurd bericht", "videresendt meddelelse", "videresendt besked",
    "start på videresendt besked", "videresendt melding", "videresendt e-post", "vidarebefordrat meddelande",
    "vidarebefordrat mejl", "välitetty viesti", "välitetty viesti alkaa", "пересылаемое сообщение", "пересланное сообщение",
    "начало переадресованного сообщения", "переслане повідомлення", "wiadomość przekazana", "przekazana wiadomość",
    "treść przekazanej wiadomości", "přeposlaná zpráva", "předávaná zpráva", "preposlaná správa", "továbbított üzenet",
    "mesaj redirecționat", "mesaj redirectionat", "yönlendirilen ileti", "iletilen mesaj", "yönlendirilmiş ileti", "προωθημένο μήνυμα",
    "pesan terusan", "thư chuyển tiếp", "ข้อความที่ส่งต่อ", "رسالة معاد توجيهها", "הודעה שהועברה", "转发邮件", "转发的邮件", "轉寄郵件",
    "転送されたメッセージ", "転送メッセージ", "전달된 메시지", "препратено съобщение", "proslijeđena poruka", "posredovano sporočilo",
    "započni proslijeđenu poruku", "továbbított levél kezdete", "továbbított levél", "początek przekazywanej wiadomości",
    "începe mesajul redirecționat", "začátek přeposílané zprávy", "začiatok preposlanej správy", "ileti başlangıcı",
    "початок листа, що пересилається", "message transmis", "wiadomość przesłana dalej", "przesłana wiadomość", "メッセージを転送",
    "edelleenlähetetty viesti", "перенаправленное сообщение", "перенаправлене повідомлення", "iletilmiş mesaj", "iletilen ileti",
    "mesaj transmis", "转发邮件信息", "转发信息", "以下是转发的邮件", "下面是被转发的邮件", "轉寄的郵件", "轉寄信件", "전달된 편지", "전달 메시지", "forwarded mail", "fwd message",
    "start of forwarded message", "videresendt e-mail", "vidarebefordrat e-postmeddelande", "vidarebefordrat brev",
    "doorgestuurde e-mail", "correo reenviado", "e-mail encaminhado", "e-mail transféré", "переслане повідомлення", "пересланное письмо",
    "přeposlaný e-mail", "επαναποστολή μηνύματος", "προωθούμενο μήνυμα", "diteruskan", "pesan yang diteruskan",
    "tin nhắn được chuyển tiếp", "thư được chuyển tiếp", "رسالة محولة", "بداية الرسالة المعاد توجيهها", "הודעה מועברת",
    "ต้นข้อความที่ส่งต่อ",
)  # fmt: skip
# The header lines that Outlook and others copy above what they quote.
FROM: Final = (
    "from", "von", "de", "da", "van", "fra", "från", "lähettäjä", "от", "від", "od", "feladó", "de la", "kimden", "gönderen", "από",
    "dari", "từ", "จาก", "من", "מאת", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "expéditeur", "remitente", "mittente",
    "absender", "afzender", "odesílatel", "odosielateľ", "отправитель", "saatja", "nuo", "no", "pošiljatelj",
    "expeditorul", "nadawca", "šalje", "від кого", "от кого", "送信元", "보낸사람", "보내는 사람", "보내는사람", "remetente", "odosiela", "pošiljatelj",
    "afsender", "avsender", "avsändare", "lähettäjän", "oд", "発信者", "寄件人", "发送人", "발신", "expeditor", "ผู้ส่ง", "प्रेषक", "người gửi",
    "pengirim", "αποστολέας",
)  # fmt: skip
DATE: Final = (
    "sent", "date", "gesendet", "datum", "envoyé", "date d'envoi", "enviado", "enviado el", "fecha", "inviato", "data", "enviada em",
    "enviado em", "verzonden", "sendt", "dato", "skickat", "datum och tid", "lähetetty", "päivämäärä", "päiväys", "отправлено", "дата",
    "надіслано", "wysłano", "wysłane", "odesláno", "odoslané", "dátum", "elküldve", "trimis", "tarih", "gönderildi", "gönderme tarihi",
    "ημερομηνία", "στάλθηκε", "dikirim", "tanggal", "ngày", "đã gửi", "วันที่", "ส่ง", "تاريخ", "التاريخ", "أرسلت", "תאריך", "נשלח",
    "发送时间", "日期", "寄件日期", "日付", "日時", "送信日時", "날짜", "보낸 날짜", "envoyé le", "poslano", "изпратено",
    "dată", "gönderilen", "відправлено", "päivä", "dato sendt", "发送日期", "寄件時間", "日期", "보낸시간", "보낸 시간", "datum verzonden",
    "gönderildiği tarih", "trimis la", "poslané", "fecha de envío", "date d’envoi", "data di invio", "odesláno dne", "wysłana", "送信日",
    "日付", "时间", "時間",
)  # fmt: skip
TO: Final = (
    "to", "an", "à", "para", "a", "aan", "til", "till", "vastaanottaja", "кому", "do", "komu", "pro", "címzett", "către", "kime", "alıcı",
    "προς", "kepada", "đến", "tới", "ถึง", "إلى", "אל", "收件人", "收件者", "宛先", "받는 사람", "destinataire", "destinatario", "за", "za",
    "adresat", "destinatarul", "pour", "pre", "prima", "送信先", "받는사람", "받는 사람", "mottaker", "mottagare", "modtager", "destinatário",
    "empfänger", "ontvanger", "alıcılar", "címzettek", "кому:", "收件人", "收件者",
)  # fmt: skip
SUBJECT: Final = (
    "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "emne", "ämne", "aihe", "тема", "temat", "předmět",
    "predmet", "tárgy", "subiect", "konu", "θέμα", "subjek", "perihal", "chủ đề", "tiêu đề", "เรื่อง", "หัวเรื่อง", "الموضوع", "נושא",
    "主题", "主旨", "件名", "제목", "относно", "zadeva", "sujet",
    "naslov", "subiectul", "主題", "標題", "标题", "제목", "onderwerp:", "hal", "otsikko",
)  # fmt: skip
# "Sent from my iPhone"
SENT_FROM: Final = (
    "sent from my ", "sent from ", "sent via ", "get outlook for ", "sent with ", "von meinem ", "gesendet von ", "gesendet mit ",
    "diese nachricht wurde von mein", "envoyé de mon ", "envoyé depuis ", "envoyé à partir ", "enviado desde ", "enviado do meu ",
    "enviado de mi ", "inviato da ", "inviato dal ", "verzonden vanaf ", "verstuurd vanaf ", "verzonden met ", "sendt fra ", "skickat från ",
    "lähetetty ", "отправлено с ", "отправлено из ", "надіслано з ", "wysłane z ", "wysłano z ", "odesláno z ", "odoslané z ", "iphone'umdan",
    "iphone-ról küldve", "trimis de pe ", "στάλθηκε από ", "dikirim dari ", "iphoneから送信", "发自我的", "從我的", "나의 ", "من هاتفي",
    "iphone 에서 보냄", "outlook für ", "télécharger outlook", "obtenir outlook", "hol dir outlook", "obtener outlook",
)  # fmt: skip
# Subjects of automatic answers, only looked at when no header says anything.
AUTO_SUBJECTS: Final = (
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "autoresponse", "automatic response", "out of office",
    "out of the office", "automatische antwort", "abwesenheitsnotiz", "abwesenheit", "abwesend", "réponse automatique", "absence du bureau",
    "respuesta automática", "fuera de la oficina", "risposta automatica", "fuori sede", "resposta automática", "ausência temporária",
    "automatisch antwoord", "automatische beantwoording", "afwezig", "automatisk svar", "autosvar", "automatiskt svar", "frånvaro",
    "automaattinen vastaus", "автоответ", "автоматический ответ", "odpowiedź automatyczna", "automatická odpověď", "automatikus válasz",
    "otomatik yanıt", "αυτόματη απάντηση", "自动回复", "自動回覆", "自動返信", "자동 회신", "autorespuesta", "tự động trả lời", "răspuns automat",
    "vacation reply", "vacation response",
)  # fmt: skip
BOUNCE_SUBJECTS: Final = (
    "undelivered mail returned", "undeliverable", "delivery status notification", "mail delivery failed", "returned mail",
    "failure notice", "delivery failure", "delivery has failed", "mail delivery subsystem", "unzustellbar", "non remis",
    "no se puede entregar", "mancato recapito", "undelivered", "nicht zugestellt", "onbestelbaar",
    "delivery failed", "non-delivery", "non delivery", "could not be delivered", "delivery warning", "delivery error", "error during delivery",
    "returned to sender", "mail delivery failure", "message delivery failure", "delivery notification", "user unknown", "mail system error",
    "delivery delayed", "delayed mail", "automatically rejected mail", "unable to deliver", "mail non remis", "échec de la remise",
    "non-remise", "no entregado", "error de entrega", "zustellung fehlgeschlagen", "unzustellbare", "consegna non riuscita",
    "não entregue", "falha na entrega", "niet bezorgd", "nie dostarczono", "не доставлено", "недоставленное", "olevererbart",
    "kunne ikke leveres", "toimitus epäonnistui", "配信不能", "退信", "無法傳遞", "undelivered", "mail error", "virus found in", "rejected mail", "failed mail",
)  # fmt: skip
REPLY_ABOVE: Final = ("reply above this line", "type your reply above", "antworten sie oberhalb", "répondez au-dessus de cette ligne")
