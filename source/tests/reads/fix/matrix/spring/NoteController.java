package demo;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;

@RestController
public class NoteController {
    private final NoteRepository notes;

    public NoteController(NoteRepository notes) {
        this.notes = notes;
    }

    @GetMapping("/owner/{id}")
    public Note owner(@PathVariable Long id, @AuthenticationPrincipal Jwt jwt) {
        return notes.findById(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }

    @GetMapping("/owner-two/{id}")
    public Note ownerTwo(@PathVariable Long id, @AuthenticationPrincipal Jwt jwt) {
        Note note = notes.findById(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        return note;
    }

    @GetMapping("/held")
    @PreAuthorize("hasRole('ADMIN')")
    public List<Note> held() {
        return notes.findAll();
    }

    @GetMapping("/role")
    public List<Note> role() {
        return notes.findAll();
    }

    @GetMapping("/guard")
    public List<Note> guard() {
        return notes.findAll();
    }

    @GetMapping("/query/{name}")
    public List<Note> query(@PathVariable String name) {
        return jdbc.query("SELECT id FROM people WHERE name = '" + name + "'", mapper);
    }

    @GetMapping("/path/{name}")
    public byte[] path(@PathVariable String name) throws Exception {
        return Files.readAllBytes(Paths.get("uploads", name));
    }

    @PostMapping("/ssrf")
    public String ssrf(@RequestParam String url) {
        return rest.getForObject(url, String.class);
    }

    @PostMapping("/log")
    public void log(@RequestBody Login body) {
        log.info("sign-in {}", body.getPassword());
    }

    @PostMapping("/rate")
    public String rate(@RequestBody Login body) {
        return "x";
    }
}
