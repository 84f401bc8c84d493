"""What was measured, as tables: medians over the rounds, and ratios paired within each round, so that whatever
else the machine did in it has met both."""
import statistics

from contenders import OURS, PEERS


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def better_peer(results):
    """Per round the cheapest of the peers, and who that was."""
    peers = [name for name in PEERS if name in results]
    if not peers:
        return None
    return [min((results[name][i]["us"], name) for name in peers)
            for i in range(len(results[peers[0]]))]


def paired(mine, others):
    return [r["us"] / other for r, other in zip(mine, others)]


def spread(ratios):
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f}..{max(ratios):.3f})"


def print_scenario(scenario, results, rounds, seconds):
    print(f"\n{scenario.name}: {scenario.what}; CPU per request, {rounds} rounds of {seconds} s")
    against = "of one thread" if scenario.against else f"{'of nginx':24}of the better peer"
    print(f"{'':18}{'user us':>9}{'system us':>11}{'total us':>10}   {against}")
    best = better_peer(results)
    for name, measured in results.items():
        row = (f"{name:18}{median(measured, 'user_us'):9.2f}{median(measured, 'system_us'):11.2f}"
               f"{median(measured, 'us'):10.2f}   ")
        if "nginx" in results:
            row += f"{spread(paired(measured, [r['us'] for r in results['nginx']])):24}"
        if scenario.against:
            alone = results.get(name.rsplit(" ", 1)[0] + " 1")
            if alone is not None:
                row += spread(paired(measured, [r["us"] for r in alone]))
        elif best:
            row += spread(paired(measured, [us for us, _ in best]))
        print(row.rstrip())


def verdicts(scenario, results):
    """(what against what, median of ours, of the other, ratios, mark)"""
    made = []
    if scenario.against:
        two = scenario.against.replace(" 1", " 2")
        if two in results and scenario.against in results:
            made.append(_verdict(scenario.name, results[two],
                                 [(r["us"], "one thread") for r in results[scenario.against]],
                                 scenario.mark))
        return made
    if OURS not in results:
        return made
    best = better_peer(results)
    if best:
        made.append(_verdict(scenario.name, results[OURS], best, scenario.mark))
    if scenario.of_relay and "relay" in results:
        relay = [(r["us"], "relay") for r in results["relay"]]
        made.append(_verdict(scenario.name, results[OURS], relay, scenario.of_relay))
    return made


def _verdict(name, mine, others, mark):
    names = [who for _, who in others]
    return {
        "scenario": name,
        "us": median(mine, "us"),
        "other": max(sorted(set(names)), key=names.count),
        "other_us": statistics.median(us for us, _ in others),
        "ratios": paired(mine, [us for us, _ in others]),
        "mark": mark,
    }


def print_summary(made, skipped):
    print(f"\n{'':14}{'ours us':>9}{'other us':>10}  {'held against':18}{'ratio, paired: median (range)':32}"
          f"{'at most':>8}")
    for v in made:
        met = "met" if statistics.median(v["ratios"]) <= v["mark"] else "missed"
        print(f"{v['scenario']:14}{v['us']:9.2f}{v['other_us']:10.2f}  {v['other']:18}"
              f"{spread(v['ratios']):32}{v['mark']:8.2f}  {met}")
    for name, why in skipped:
        print(f"{name:14}skipped: {why}")
