package demo;

import jakarta.persistence.*;

@Entity
public class Note {
    @Id
    private Long id;
    private String ownerId;
    private String text;

    public String getOwnerId() { return ownerId; }
}
