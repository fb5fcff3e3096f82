// SPDX-License-Identifier: Apache-2.0
#include "media/language.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *tag;
    const char *name;
} names[] = {
    {"ar", "العربية"},
    {"bg", "Български"},
    {"bn", "বাংলা"},
    {"ca", "Català"},
    {"cs", "Čeština"},
    {"da", "Dansk"},
    {"de", "Deutsch"},
    {"el", "Ελληνικά"},
    {"en", "English"},
    {"en-GB", "English (UK)"},
    {"es", "Español"},
    {"es-419", "Español (Latinoamérica)"},
    {"es-ES", "Español (España)"},
    {"et", "Eesti"},
    {"eu", "Euskara"},
    {"fa", "فارسی"},
    {"fi", "Suomi"},
    {"fil", "Filipino"},
    {"fr", "Français"},
    {"fr-CA", "Français (Canada)"},
    {"gl", "Galego"},
    {"gu", "ગુજરાતી"},
    {"he", "עברית"},
    {"hi", "हिन्दी"},
    {"hr", "Hrvatski"},
    {"hu", "Magyar"},
    {"id", "Indonesia"},
    {"is", "Íslenska"},
    {"it", "Italiano"},
    {"ja", "日本語"},
    {"kn", "ಕನ್ನಡ"},
    {"ko", "한국어"},
    {"lt", "Lietuvių"},
    {"lv", "Latviešu"},
    {"ml", "മലയാളം"},
    {"mr", "मराठी"},
    {"ms", "Melayu"},
    {"nb", "Norsk bokmål"},
    {"nl", "Nederlands"},
    {"no", "Norsk"},
    {"pa", "ਪੰਜਾਬੀ"},
    {"pl", "Polski"},
    {"pt", "Português"},
    {"pt-BR", "Português (Brasil)"},
    {"pt-PT", "Português (Portugal)"},
    {"ro", "Română"},
    {"ru", "Русский"},
    {"sk", "Slovenčina"},
    {"sl", "Slovenščina"},
    {"sr", "Српски"},
    {"sv", "Svenska"},
    {"ta", "தமிழ்"},
    {"te", "తెలుగు"},
    {"th", "ไทย"},
    {"tr", "Türkçe"},
    {"uk", "Українська"},
    {"und", "Unknown language"},
    {"ur", "اردو"},
    {"vi", "Tiếng Việt"},
    {"zh", "中文"},
    {"zh-Hans", "简体中文"},
    {"zh-Hant", "繁體中文"},
};

static const char *find(const char *tag, size_t len)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i].tag) == len && strncasecmp(names[i].tag, tag, len) == 0)
            return names[i].name;
    return NULL;
}

const char *language_name(const char *tag)
{
    const char *whole = find(tag, strlen(tag));
    if (whole != NULL) return whole;
    const char *primary = find(tag, strcspn(tag, "-"));
    return primary != NULL ? primary : tag;
}
