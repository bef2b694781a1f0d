"""Every number the synthetic county is made from, typed, with its unit and its source.

A source names the publication a figure was taken from. *Judgement* marks a figure chosen by the makers of this
county so that it has a plausible shape; *calibrated* marks a judgement that was moved until the county met the
published figures in ``targets.py``. None of the judged or calibrated figures is a finding about England.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2013, 4, 1)
YEARS, MONTHS, STARTS_IN = 5, 60, 4
SEX_CODES = ("male", "female")

# --- who lives in the county -------------------------------------------------------------------------------------
# Office for National Statistics, small-area population estimates mid-2020, by age band, and the English Indices of
# Deprivation 2019, both by lower-layer super output area, added up to district and national fifth of deprivation
# (1 most deprived). Contains public sector information licensed under the Open Government Licence v3.0.
DISTRICTS = ("Eastbourne", "Hastings", "Lewes", "Rother", "Wealden")
BAND_STARTS = (0, 5, 18, 45, 65, 75, 85)
POPULATION: Mapping[tuple[str, int], tuple[int, ...]] = {
    ("Eastbourne", 1): (1271, 3382, 7307, 5311, 1778, 942, 407),
    ("Eastbourne", 2): (1697, 4717, 9859, 7965, 3337, 2222, 1269),
    ("Eastbourne", 3): (1152, 3401, 7370, 6930, 4266, 3001, 1541),
    ("Eastbourne", 4): (510, 1665, 3386, 3574, 1895, 1395, 794),
    ("Eastbourne", 5): (387, 1743, 2301, 3234, 1613, 1127, 575),
    ("Hastings", 1): (2550, 6385, 13881, 10970, 3932, 1927, 866),
    ("Hastings", 2): (1412, 4209, 8149, 7770, 3319, 1672, 809),
    ("Hastings", 3): (629, 1828, 3512, 3600, 1794, 1209, 637),
    ("Hastings", 4): (580, 1562, 2927, 3471, 1584, 989, 381),
    ("Lewes", 1): (204, 610, 1149, 855, 228, 159, 47),
    ("Lewes", 2): (1127, 3303, 6427, 5358, 2341, 1445, 673),
    ("Lewes", 3): (1052, 3625, 6669, 7140, 3464, 2198, 1006),
    ("Lewes", 4): (1541, 5492, 9751, 10912, 5233, 3403, 1567),
    ("Lewes", 5): (678, 2303, 3738, 4710, 2485, 1709, 923),
    ("Rother", 1): (571, 1592, 2735, 2587, 1220, 698, 328),
    ("Rother", 2): (819, 2482, 5228, 5536, 2919, 1987, 1001),
    ("Rother", 3): (1345, 4576, 7719, 9420, 5401, 3552, 1447),
    ("Rother", 4): (746, 2806, 4816, 7015, 4790, 3318, 1475),
    ("Rother", 5): (295, 1049, 1685, 2448, 1634, 1037, 439),
    ("Wealden", 1): (398, 1127, 1904, 1461, 616, 347, 156),
    ("Wealden", 2): (216, 572, 1120, 1248, 558, 369, 179),
    ("Wealden", 3): (2172, 6644, 11424, 12640, 5995, 3718, 1489),
    ("Wealden", 4): (2382, 8098, 13789, 16804, 8168, 5695, 2462),
    ("Wealden", 5): (2200, 7470, 13129, 15255, 6906, 4249, 1773),
}
# The same estimates by single year of age for the whole county, 0 to 89, and 90 and over: the shape within a band.
BY_YEAR_OF_AGE = (
    4634, 4919, 5221, 5480, 5680, 5863, 5816, 6194, 6402, 6550, 6497, 6399, 6392, 6323, 6323, 5970, 6048, 5864,
    5603, 4941, 4351, 4710, 5248, 5498, 5496, 5457, 5405, 5127, 5370, 5668, 5392, 5471, 5644, 5694, 5501, 5791,
    5612, 6028, 6215, 6126, 6220, 6159, 5600, 5689, 5959, 6302, 6553, 7002, 7436, 7904, 7686, 8003, 8146, 8587,
    8554, 8728, 8668, 8581, 8233, 8006, 7749, 7818, 7517, 7390, 7351, 6993, 7239, 7143, 7004, 7177, 7426, 7673,
    8446, 9372, 7003, 6532, 6442, 5834, 5146, 4234, 4376, 4349, 4161, 3803, 3491, 3188, 2796, 2539, 2340, 2165,
    9216,
)  # fmt: skip
YEARS_BEYOND_90, OLDEST = 3.0, 105.0  # mean of the years lived beyond 90, and the greatest age: judgement

Knots = tuple[tuple[float, ...], tuple[float, ...]]  # ages, and the value at each; straight lines between
FEMALE_SHARE: Knots = ((0, 60, 75, 85, 95), (0.488, 0.512, 0.53, 0.60, 0.72))  # judgement
# State of the County 2019, East Sussex: movers in and out of the county per 1,000 people and year, and births.
JOINERS, LEAVERS, BIRTHS = 0.064, 0.053, 0.0091
MEAN_POPULATION = 1.022  # mean population of the five years to that of the start: follows from the rates
# How readily people move at an age, the average being about 1: peak at 18 to 34, judgement.
MOBILITY: Knots = ((0, 5, 16, 18, 20, 30, 35, 45, 60, 70, 85), (1.0, 0.7, 0.7, 2.0, 2.7, 2.4, 1.5, 0.8, 0.6, 0.4, 0.5))
LEAVERS_LEVEL, JOINERS_LEVEL = 1.035, 1.02  # calibrated to the rates above

# --- practices ---------------------------------------------------------------------------------------------------
PEOPLE_PER_PRACTICE = 8_000  # judgement
TWO_PRACTICES_FROM = 10_000  # people from which each district has at least two
PRACTICE_SPREAD = 0.3  # standard deviation of the logarithm of a practice's size: judgement

# --- conditions --------------------------------------------------------------------------------------------------
PATHWAYS = ("hospital", "drugs", "surgery", "community", "mind", "care")


@dataclass(frozen=True)
class Condition:
    """A long-term condition: who gets it when, and what it adds to need.

    Share ever ill by age a: ``ceiling / (1 + exp(-(a - middle) / scale))``, years; in the most deprived fifth
    ``earlier`` years sooner than in the least, and ``steeper`` more of them (share of the ceiling). ``latent``
    are the loadings on two shared factors, whose squares add up to less than 1. ``need`` is added to a relative
    need of 1 on each pathway; ``deaths`` to the logarithm of the death rate.
    """

    name: str
    ceiling: float
    middle: float
    scale: float
    earlier: float
    steeper: float
    latent: tuple[float, float]
    need: tuple[float, ...]
    deaths: float


# Ceilings and ages put the county near the prevalences of the Quality and Outcomes Framework for 2014/15 and
# before (diabetes 6.4 % at 17 and over, hypertension 13.6 %, chronic kidney disease 3.4 %, COPD 1.8 %, depression
# 9.9 % at 18 and over), set for an older county. The rest, and all loadings and needs, are judgement, calibrated.
# That conditions come 10 to 15 years earlier in the most deprived: Barnett 2012.
CONDITIONS = (
    Condition("hypertension", 0.64, 61.5, 10.0, 10, 0.05, (0.50, 0.10), (0.4, 2.0, 0.9, 0.2, 0.0, 0.0), 0.0),
    Condition("diabetes", 0.21, 58, 11.0, 13, 0.35, (0.55, 0.15), (1.1, 14.5, 1.4, 1.5, 0.3, 0.5), 0.25),
    Condition("coronary_heart_disease", 0.30, 72, 9.0, 12, 0.20, (0.60, 0.10), (2.5, 10.0, 0.9, 0.6, 0.1, 0.3), 0.25),
    Condition("stroke", 0.21, 78, 9.0, 12, 0.15, (0.45, 0.20), (2.5, 7.0, 0.8, 2.5, 0.5, 4.0), 0.40),
    Condition("atrial_fibrillation", 0.26, 80, 7.5, 6, 0.0, (0.45, 0.10), (2.0, 9.0, 0.9, 0.8, 0.0, 0.4), 0.25),
    Condition("heart_failure", 0.20, 85, 7.5, 12, 0.20, (0.60, 0.20), (5.5, 10.0, 1.1, 2.5, 0.2, 1.5), 0.60),
    Condition("copd", 0.12, 65, 8.0, 13, 0.80, (0.15, 0.55), (3.8, 13.0, 1.2, 1.5, 0.5, 1.0), 0.60),
    Condition("asthma", 0.10, 8, 8.0, 2, 0.15, (0.05, 0.40), (0.7, 2.6, 0.8, 0.1, 0.2, 0.0), 0.0),
    Condition("cancer", 0.19, 69, 11.0, 2, 0.0, (0.10, 0.10), (5.0, 5.0, 0.8, 1.5, 0.1, 0.3), 0.90),
    Condition("chronic_kidney_disease", 0.48, 77, 8.0, 8, 0.10, (0.50, 0.10), (2.0, 8.0, 0.7, 0.6, 0.0, 0.2), 0.25),
    Condition("depression", 0.19, 30, 9.0, 6, 0.50, (0.10, 0.55), (1.2, 1.8, 1.4, 0.5, 6.0, 0.8), 0.15),
    Condition("dementia", 0.40, 89, 5.5, 5, 0.10, (0.15, 0.25), (1.5, 5.0, 0.7, 3.0, 5.0, 8.0), 0.70),
)
MIDDLE_FIFTH = 3

# Electronic frailty index: 36 deficits; a score is the share present (Clegg 2016). How deficits come is judgement.
DEFICITS = 36
DEFICITS_BY_AGE: Knots = ((0, 30, 50, 65, 75, 85, 95), (0.0, 0.3, 0.9, 1.6, 2.8, 4.5, 6.0))
DEFICITS_PER_CONDITION, DEFICITS_SPREAD = 1.35, 0.35

# --- health and death --------------------------------------------------------------------------------------------
HEALTH_KEPT = 0.80  # correlation of latent health with the month before: calibrated
SEEKING_CAP = 0.8  # the habit of seeking care has a long lower tail and no upper one, in standard deviations: judgement
SEEKING_FROM_BODY = 0.4  # correlation of the habit of seeking care with lasting health: judgement
MIND_FROM_FACTOR = 0.5  # correlation of lasting mental health with the second factor of conditions: judgement
# Deaths by age and deprivation: national life table for 2011 by fifth of deprivation (Asaria, Doran, Cookson);
# brought to the level of the county, 11.3 per 1,000 (State of the County 2019, East Sussex). Calibrated.
DEATHS_LOG_RATE_AT_70, DEATHS_PER_YEAR_OF_AGE = -4.72, 0.088  # logarithm of the yearly rate, man of fifth 3
DEATHS_UNDER_40 = 0.045  # slope below age 40, where the rate rises more slowly
FEMALE_DEATHS, DEATHS_PER_FIFTH, DEATHS_FROM_HEALTH, DEATHS_FROM_BODY = -0.35, 0.06, 0.45, 0.10
WINTER_DEATHS = 0.10  # more in December to March, less in the others by a third of it

# Care in the last months of life, by months to death (0 = the month of death): calibrated so that the last year of
# life, 1 % of people, takes about 15 % of emergency admissions (Nuffield Trust 2014).
LAST_MONTHS: Mapping[str, tuple[float, ...]] = {
    "emergency": (18.0, 9.0, 5.0, 3.5, 2.8, 2.3, 2.0, 1.7, 1.5, 1.4, 1.3, 1.2),
    "planned": (3.0, 3.2, 3.0, 2.8, 2.6, 2.4, 2.2, 2.0, 1.8, 1.6, 1.4, 1.2),
    "home": (3.0, 3.0, 2.6, 2.2, 2.0, 1.8, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1),
    "none": (1.0,),
}

# Cost of an emergency stay in the last months of life to that of another, by months to death: judgement, calibrated.
LAST_STAYS_COST = (2.6, 2.2, 1.7)

# --- services ----------------------------------------------------------------------------------------------------
PROVIDERS: Mapping[str, str] = {
    "gp": "GP practices",
    "acute_east": "Acute trust, east (invented)",
    "acute_west": "Acute trust, west (invented)",
    "centre": "Specialised centre (invented)",
    "community": "Community trust (invented)",
    "mental": "Mental health trust (invented)",
    "council": "Council-arranged care",
    "voluntary": "Voluntary sector",
    "homes": "Care homes",
}
EAST_SHARE = (0.95, 0.97, 0.20, 0.95, 0.55)  # of each district's people, those who use the eastern trust: judgement
CROSSING, CENTRE_SHARE = 0.04, 0.12  # rows at the other trust; planned stays of the high-cost at the centre: judgement

# Funding streams that English budgets stand in; which service is in which is judgement, the others are core.
STREAMS: Mapping[str, str] = {
    "social_care": "Better Care Fund",
    "mental_health": "section 75 pool",
    "continuing_care": "personal health budgets",
}
ENGLAND, GROUP, COUNCIL = "NHS England", "Clinical commissioning group", "County council"
ASSUMED = "assumption of this synthetic county: mean cost of the year's records"
PSSRU = "PSSRU Unit Costs of Health and Social Care 2015, as cited in NCBI NBK562066 appendix 17"
A_AND_E = "A&E attendance 2014/15, NHS reference costs as quoted by the Pharmaceutical Services Negotiating Committee"


@dataclass(frozen=True)
class Service:
    """A service line: what one unit is and costs, who uses how much of it, and how its records arrive.

    ``unit_cost`` is in £ of 2014/15 and ``spread`` the standard deviation of its logarithm. ``rate`` is units per
    month of a man of about 55 without conditions in the middle fifth, the mean over an uncapped habit; 0 for care
    that lasts (`Course`). ``by_age`` multiplies it at ``AGE_KNOTS``; ``per_fifth`` is added to its logarithm for
    each fifth nearer the most deprived. ``pathway`` names the need of conditions; ``lasting`` and ``passing`` are
    the weights on the logarithm of the lasting effect ``habit`` and of this month's health. ``last_months`` names
    the rise before death; ``lag`` how soon records arrive; ``linked`` the share of records with a person.
    ``providers`` are shares; none where people go to the nearer acute trust.
    """

    code: str
    label: str
    setting: str
    unit: str
    commissioner: str
    unit_cost: float
    source: str
    spread: float
    rate: float
    by_age: tuple[float, ...]
    per_fifth: float
    pathway: str
    habit: str
    lasting: float
    passing: float
    last_months: str
    lag: str
    linked: float
    providers: tuple[tuple[str, float], ...]


AGE_KNOTS = (0, 1, 5, 12, 20, 30, 40, 55, 70, 80, 90)
FLAT = (1.0,) * len(AGE_KNOTS)
# Linked share of records by setting: judgement, worse for care outside hospitals. Shapes by age and deprivation:
# calibrated to NHS cost per head by age, sex and fifth, England 2014/15 (Asaria, "The costs of inequality").
SERVICES = (
    Service("gp", "GP care", "primary care", "consultation", ENGLAND, 44.0, PSSRU, 0.45, 0.835,
            (2.2, 2.2, 1.4, 0.8, 0.8, 0.9, 0.9, 1.0, 1.2, 1.25, 1.2), 0.03, "surgery", "seeking", 2.3, 0.5,
            "planned", "acute", 0.998, (("gp", 1.0),)),
    Service("prescribing", "Prescribing", "primary care", "item", GROUP, 8.2, ASSUMED, 1.0, 0.93,
            (1.0, 1.0, 0.7, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.05, 0.8), 0.03, "drugs", "seeking", 1.9, 0.5,
            "home", "acute", 0.998, (("gp", 1.0),)),
    Service("outpatient", "Outpatient", "acute", "attendance", GROUP, 132.0, PSSRU, 0.55, 0.0475,
            (1.6, 1.7, 1.5, 1.1, 0.9, 0.9, 1.0, 1.05, 1.1, 1.0, 0.75), 0.0, "hospital", "body", 0.3, 0.7,
            "planned", "acute", 0.995, ()),
    Service("a_and_e", "A&E", "acute", "attendance", GROUP, 132.0, A_AND_E, 0.5, 0.0105,
            (3.2, 3.4, 2.2, 1.5, 1.5, 1.2, 1.1, 1.0, 1.1, 1.4, 1.6), 0.06, "hospital", "body", 0.3, 0.5,
            "emergency", "acute", 0.995, ()),
    Service("emergency_inpatient", "Emergency inpatient", "acute", "stay", GROUP, 2600.0, ASSUMED, 1.0, 0.00186,
            (4.4, 3.6, 1.8, 0.9, 0.8, 0.7, 0.8, 1.0, 1.95, 2.8, 2.15), 0.05, "hospital", "body", 0.3, 0.8,
            "emergency", "acute", 0.995, ()),
    Service("elective_inpatient", "Elective inpatient", "acute", "stay", GROUP, 1800.0, ASSUMED, 0.9, 0.00408,
            (0.6, 1.0, 1.1, 0.8, 0.55, 0.55, 0.8, 1.05, 1.42, 1.2, 0.65), 0.0, "hospital", "body", 0.3, 0.7,
            "planned", "acute", 0.995, ()),
    Service("community", "Community care", "community", "contact", GROUP, 48.0, ASSUMED, 0.6, 0.071,
            (4.0, 3.0, 1.6, 0.8, 0.5, 0.6, 0.75, 1.0, 1.8, 2.2, 2.0), 0.02, "community", "body", 0.7, 0.7,
            "home", "community", 0.988, (("community", 0.85), ("voluntary", 0.15))),
    Service("mental_health", "Mental health", "mental health", "contact", GROUP, 150.0, ASSUMED, 0.8, 0.0375,
            (0.02, 0.02, 0.2, 0.8, 1.4, 1.2, 1.1, 1.0, 0.9, 0.9, 0.8), 0.08, "mind", "mind", 1.0, 1.0,
            "none", "community", 0.987, (("mental", 0.9), ("voluntary", 0.1))),
    Service("social_care", "Social care, free of charge", "social care", "spell of reablement", COUNCIL, 1900.0, ASSUMED,
            0.5, 0.000015, (0.0, 0.0, 0.0, 0.0, 0.4, 0.5, 0.6, 1.0, 3.5, 9.0, 18.0), 0.05, "care", "body", 0.4, 0.6,
            "home", "social", 0.985, (("council", 0.85), ("voluntary", 0.15))),
    Service("social_care_charged", "Social care, long-term", "social care", "day of care", COUNCIL, 59.8, ASSUMED,
            0.10, 0.0, FLAT, 0.0, "care", "body", 0.0, 0.0, "none", "social", 0.985,
            (("council", 0.5), ("homes", 0.5))),
    Service("continuing_care", "NHS continuing care", "continuing care", "day of care", GROUP, 118.0, ASSUMED,
            0.10, 0.0, FLAT, 0.0, "care", "body", 0.0, 0.0, "none", "community", 0.987,
            (("homes", 0.7), ("community", 0.3))),
)  # fmt: skip
CODES = tuple(service.code for service in SERVICES)
HOSPITAL = ("outpatient", "a_and_e", "emergency_inpatient", "elective_inpatient")
SOCIAL = ("social_care", "social_care_charged")
# Women's use against men's by age, childbirth included: Asaria 2014/15, weakened where conditions carry it.
FEMALE_HOSPITAL: Knots = (
    (0, 12, 17, 22, 27, 33, 38, 45, 55, 65, 75, 90),
    (0.9, 0.9, 1.4, 2.7, 4.5, 4.1, 2.6, 1.5, 1.15, 1.0, 0.95, 0.9),
)
FEMALE_SURGERY: Knots = ((0, 12, 18, 40, 50, 70, 90), (0.95, 1.0, 1.6, 1.6, 1.3, 1.1, 1.0))
# The slope of the logarithm of use in deprivation, per fifth, that all services have besides their own: the same.
PER_FIFTH_BY_AGE: Knots = ((0, 30, 50, 60, 70, 80, 90), (0.02, 0.02, 0.015, -0.01, -0.05, -0.08, -0.08))
FEMALE_FLAT: Knots = ((0, 100), (1.0, 1.0))

# Long tail of a stay's cost: this share of stays is drawn from a Pareto distribution, capped (£ of 2014/15).
TAIL_SHARE, TAIL_FROM, TAIL_SHAPE, TAIL_CAP = 0.008, 12_000.0, 1.75, 150_000.0
TAILED = ("emergency_inpatient", "elective_inpatient")
# Winter in emergency care, April to March, mean 1: judgement from the usual pattern of admissions.
WINTER = (0.97, 0.96, 0.95, 0.95, 0.94, 0.96, 0.99, 1.02, 1.09, 1.08, 1.04, 1.05)
WINTRY = ("a_and_e", "emergency_inpatient")

# Volume per person a year; with the growth of the population about 3 % (Health Foundation: acute activity +3.0 %).
VOLUME_GROWTH = 0.02
# Prices: GDP deflator, HM Treasury, March 2026 release, rebased to 2014/15 = 1; 2013/14 to 2017/18.
PRICE_INDEX = (0.9861, 1.0, 1.0069, 1.0271, 1.0401)
PRICE_INDEX_NAME = "GDP deflator"


@dataclass(frozen=True)
class Course:
    """Care that lasts: who starts it, how many leave it in a year, and how much it is.

    ``starts`` are per year for a person without conditions, by age; ``stock`` the years' worth of starts that are
    already there on the first day; ``kept`` the share still there a year later, deaths aside; ``spread`` the
    standard deviation of the logarithm of a person's own amount; ``last_months`` multiplies starts near death.
    """

    starts: Knots
    stock: float
    kept: float
    pathway: str
    body: float
    spread: float
    last_months: tuple[float, ...]


# A high-cost class, 68 % kept from year to year: the share assumed in the calibration plan; the rest calibrated.
HIGH_COST = Course(
    ((0, 1, 5, 15, 30, 45, 60, 75, 85, 95), (0.0010, 0.0005, 0.0003, 0.0002, 0.00025, 0.0005, 0.00075, 0.00075, 0.0004, 0.0002)),
    2.2, 0.68, "hospital", 0.3, 0.3, (1.5,) * 12,
)  # fmt: skip
# What the class adds, units a month: outpatient (dialysis, chemotherapy), emergency and elective stays. Judgement.
HIGH_COST_UNITS: Mapping[str, float] = {
    "outpatient": 5.5,
    "emergency_inpatient": 0.10,
    "elective_inpatient": 0.55,
    "prescribing": 6.0,
}
# Long-term social care: about 2.1 % of adults (East Sussex, 9,500 adults in 2018/19). Calibrated.
LONG_TERM = Course(
    ((0, 17.9, 18, 45, 65, 75, 85, 95), (0.0, 0.0, 0.0023, 0.00138, 0.0015, 0.0040, 0.0123, 0.0240)),
    2.2, 0.66, "care", 0.3, 0.38, (3.0, 3.0, 3.0, 3.0, 2.5, 2.5, 2.0, 2.0, 1.5, 1.5, 1.5, 1.5),
)  # fmt: skip
CONTINUING = Course(
    ((0, 17.9, 18, 45, 65, 75, 85, 95), (0.0, 0.0, 0.0005, 0.0005, 0.0007, 0.0008, 0.0009, 0.0010)),
    0.8, 0.42, "care", 0.5, 0.40, (40.0, 40.0, 30.0, 15.0, 10.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.5, 1.5),
)  # fmt: skip
MOST_AT_START = 0.35  # of people alike, those in a lasting care on the first day: judgement
LONG_TERM_REABLEMENT = 40.0  # reablement of those in long-term care, times that of others: judgement
# The client's share of a long-term charge: nothing for some, the rest spread between two ends. Judgement.
FREE_CLIENTS, CLIENT_SHARE = 0.30, (0.05, 0.60)

# --- how records arrive ------------------------------------------------------------------------------------------
# Share recorded by the end of month 1, 2 and 3 after the month of care; all by month 13. Assumption of this county:
# no completion figures were found. That month 13 fixes the year: Hospital Episode Statistics.
LAGS: Mapping[str, tuple[float, float, float]] = {
    "acute": (0.70, 0.95, 0.99),
    "community": (0.60, 0.85, 0.95),
    "social": (0.50, 0.80, 0.95),
}
LAST_LAG = 13
# Odds of a record finding no person, by fifth: half as high again in the most deprived as in the least. Judgement.
UNLINKED_ODDS = (1.22, 1.11, 1.0, 0.90, 0.81)
MOST_UNLINKED = 0.0165  # of linked spend, by block, year and service, so that the accounts stay within 2 %: judgement
UNLINKED_COST = 0.9  # cost of an unlinked record to that of a linked one: judgement
OVERHEAD = (0.0005, 0.0030)  # what the accounts hold beyond all records, share of linked spend: judgement
PLANNED = (-0.012, 0.012)  # how far a service's budget lies from its spend: judgement

# --- outcomes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """An outcome: log-odds at need 0, its slope in need, its change a year, and the spread of practices' effects.

    Need is the logarithm of relative need for hospital care, 0 without conditions. All judgement.
    """

    log_odds: float
    need: float
    per_year: float
    practices: float


MEASURES: Mapping[str, Measure] = {
    "emergency_admission": Measure(0.0, 0.0, 0.0, 0.06),  # an effect on the logarithm of the rate of stays
    "acs_admission": Measure(-2.0, 0.25, 0.0, 0.20),
    "readmission_30d": Measure(-2.6, 0.30, 0.0, 0.15),
    "falls_admission_65": Measure(-2.4, 0.15, 0.0, 0.15),
    "diabetes_control": Measure(0.75, -0.10, 0.03, 0.25),
    "blood_pressure_control": Measure(1.30, -0.08, 0.02, 0.25),
    "died_at_usual_place": Measure(-0.55, 0.10, 0.04, 0.20),
    "review_done": Measure(0.40, 0.05, 0.15, 0.30),
    "delayed_days": Measure(-3.2, 0.40, 0.0, 0.20),
}
REVIEW_DUE_FROM = 2  # conditions
OLDER_FROM = 65
DELAY_DAYS, DELAY_OLDER = 9.0, 1.0  # mean days of a delayed stay; log-odds added at 65 and over

# --- size --------------------------------------------------------------------------------------------------------
BLOCK_PEOPLE = 20_000  # people at the start that are drawn together; blocks don't depend on one another
MOST_PEOPLE = 5_000_000

# --- the learning loop of HbA1c ------------------------------------------------------------------------------------
LOOP_MEASURE, LOOP_FROM = "HbA1c", "diabetes_control"  # the outcome that says who is at target in a year


@dataclass(frozen=True)
class Way:
    """One arrow of the loop: the median days that it takes and their spread (standard deviation of the logarithm), the
    share of people with whom it is missed this time, and the days after which it is then made up for."""

    days: float
    spread: float
    missed: float
    made_up_after: float


# Re-measured 3 to 6 months after a new plan: measures reference, section 5, from memory there. A year round: National
# Diabetes Audit. Of 950 people above target 600 get a new plan: the reference's illustration. All else is judgement.
LOOP_WAYS: Mapping[str, Way] = {
    "due": Way(21, 0.6, 0.05, 365),
    "measured": Way(3, 0.4, 0.015, 150),
    "received": Way(2, 0.6, 0.03, 120),
    "achieved": Way(345, 0.06, 0.03, 250),
    "target missed": Way(12, 0.6, 0.35, 300),
    "improve": Way(125, 0.25, 0.25, 240),
    "re-measured": Way(5, 0.5, 0.03, 120),
}
LOOP_NEWLY_DUE = 60  # days to the first test due after diagnosis or joining, at most; a year for those there at first
LOOP_CLOSED = 0.9  # of those who leave or die: a record says so; the others are removed in silence
