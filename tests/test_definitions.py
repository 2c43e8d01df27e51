"""Definitions from a language model on this machine, asked through its server on loopback."""

import http.server
import json
import threading

import pytest

import napari_ovseg as ov
from napari_ovseg.cli import main
from napari_ovseg.definitions import LocalModel, question_about
from napari_ovseg.errors import InputError, VocabularyError
from napari_ovseg.vocabulary_files import load_vocabulary

ODD = "frobnicator"


@pytest.fixture
def server():
    """A server that answers every question; yields its address, what it says and was asked."""
    told = {
        "says": '<think>what is it?</think>\n"Toothed brass wheel."\nMore?',
        "asked": [],
        "status": 200,
        "elsewhere": "http://192.0.2.1/",
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told["asked"].append(
                (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            self.answer()

        def do_GET(self):
            told["asked"].append((self.path, None))
            told["status"] = 200
            self.answer()

        def answer(self):
            data = json.dumps({"choices": [{"message": {"content": told["says"]}}]}).encode()
            self.send_response(told["status"])
            self.send_header("Location", told["elsewhere"])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}/v1", told
        served.shutdown()


def test_only_what_nobody_defined_is_asked(server):
    address, told = server
    words = ov.Vocabulary(
        (
            ov.Category(1, ODD, (ODD, "frob")),
            ov.Category(2, "nucleus"),
            ov.Category(3, "gizmo", definition="grey box"),
            ov.Category(4, "nothing", role="background"),
        )
    )
    defined = ov.define(words, LocalModel("small", address))
    assert [c.definition for c in defined] == ["Toothed brass wheel.", "", "grey box", ""]
    ((path, body),) = told["asked"]
    assert path == "/v1/chat/completions"
    assert body["model"] == "small"
    assert body["messages"][0]["content"] == question_about(words.categories[0])
    assert "also called frob" in body["messages"][0]["content"]


def test_any_function_will_do():
    words = ov.Vocabulary.parse(f"{ODD}; {ODD} two")
    defined = ov.define(words, lambda question: f"thing number {len(question)}")
    assert all(c.definition.startswith("thing number") for c in defined)


@pytest.mark.parametrize(
    "address",
    ["http://example.com/v1", "http://192.168.0.7/v1", "file:///etc/passwd", "127.0.0.1:80", ""],
)
def test_words_do_not_leave_the_machine(address):
    with pytest.raises(InputError, match="must run on this machine"):
        LocalModel("m", address)


@pytest.mark.parametrize("says", ["", "no", "x" * 400, "<think>only thoughts</think>"])
def test_answers_that_are_no_sentence(says):
    with pytest.raises(VocabularyError, match="characters"):
        ov.define(ov.Vocabulary.parse(ODD), lambda _: says)


@pytest.mark.parametrize("status", [404, 500, 302, 307])
def test_a_server_that_refuses(server, status):
    address, told = server
    told["status"] = status
    with pytest.raises(InputError, match="gave no answer"):
        LocalModel("m", address)("what?")


def test_nobody_listens(tmp_path, capsys):
    arguments = ["define", "--words", ODD, "--model", "m", "--server", "http://127.0.0.1:9/v1"]
    assert main([*arguments, "-o", str(tmp_path / "w.toml")]) == 2
    assert "start its server" in capsys.readouterr().err
    assert not (tmp_path / "w.toml").exists()


def test_from_words_to_a_file(server, tmp_path, capsys):
    address, _ = server
    arguments = ["define", "--words", f"{ODD}; nucleus", "--model", "m", "--server", address]
    assert main([*arguments, "-o", str(tmp_path / "w.toml")]) == 0
    assert "Toothed brass wheel." in capsys.readouterr().out
    assert (
        ov.Vocabulary.load(tmp_path / "w.toml").categories[0].definition == "Toothed brass wheel."
    )


@pytest.mark.parametrize("status", [301, 302, 303])
def test_no_server_sends_words_elsewhere(server, status):
    address, told = server
    told |= {"status": status, "elsewhere": f"{address}/elsewhere"}
    with pytest.raises(InputError, match="gave no answer"):
        LocalModel("m", address)("what is it?")
    assert len(told["asked"]) == 1


def test_definitions_go_into_a_table_where_that_is_asked(server, tmp_path):
    address, _ = server
    table = tmp_path / "w.csv"
    arguments = ["define", "--words", ODD, "--model", "m", "--server", address, "-o", str(table)]
    assert main(arguments) == 0
    (found,) = load_vocabulary(table)
    assert found.definition == "Toothed brass wheel."


def test_where_definitions_cannot_be_written_is_told_before_any_is_asked(server, tmp_path, capsys):
    address, told = server
    (tmp_path / "file").touch()
    arguments = ["define", "--words", ODD, "--model", "m", "--server", address]
    assert main([*arguments, "-o", str(tmp_path / "file" / "w.toml")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert not told["asked"]


def test_what_a_table_cannot_hold_is_told_before_any_is_asked(server, tmp_path, capsys):
    address, told = server
    ov.Vocabulary((ov.Category(1, ODD, ("grass; lawn",)),)).save(tmp_path / "v.toml")
    arguments = ["define", "--vocabulary", str(tmp_path / "v.toml"), "--model", "m"]
    assert main([*arguments, "--server", address, "-o", str(tmp_path / "w.csv")]) == 2
    assert "holds a semicolon" in capsys.readouterr().err
    assert not told["asked"]
